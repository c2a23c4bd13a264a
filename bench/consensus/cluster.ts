import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { serviceNamed } from '@peermesh/infra/catalog';
import { semiSpaceFlags, serviceNodeFlags } from '@peermesh/infra/node-flags';
import { freePort } from '@peermesh/infra/servers';
import { temporaryFolder, waitFor } from '@peermesh/testkit';
import { Batch, FramedSocket } from './framed-socket.ts';
import type { Target } from './load.ts';

interface NodeStatus {
  readonly role: string;
  readonly applied: number;
  readonly count: number;
  readonly durableWrites: number;
  readonly cpuMs: number;
}

/** What the nodes did between two moments. */
export interface ClusterTotals {
  readonly durableWrites: number;
  readonly cpuMs: number;
  readonly count: number;
}

export interface ConsensusCluster extends Target {
  /** Of the leader the writes, of all nodes the processor time; `count` of the least of them. */
  totals(): Promise<ClusterTotals>;
  close(): Promise<void>;
}

/** Three nodes as processes, started as the fleet starts them, each with a volume of its own, and a connection to the one that leads. */
export async function startCluster(): Promise<ConsensusCluster> {
  const folder = temporaryFolder('bench-consensus');
  const ports = [await freePort(), await freePort(), await freePort()];
  const execArgv = [...process.execArgv, ...serviceNodeFlags(), ...semiSpaceFlags(serviceNamed('mesh-node'))];
  const nodes = ports.map((_, at) => {
    const settings = JSON.stringify({ id: at + 1, folder: join(folder.path, `node-${at + 1}`), ports });
    return fork(join(import.meta.dirname, 'node-process.ts'), [settings], { execArgv });
  });
  const leader = await waitFor(
    async () => (await Promise.all(nodes.map(statusOf))).findIndex(({ role }) => role === 'leader') + 1,
    { message: 'a leader' },
  );
  const socket = connect(ports[leader - 1] ?? 0, '127.0.0.1');
  await once(socket, 'connect');
  let onAnswer: (number: number) => void = () => {};
  const client = new FramedSocket(socket, (frame) => {
    for (let at = 0; at < frame.length; at += 4) onAnswer(frame.readUInt32LE(at));
  });
  const commands = new Batch((frame) => client.send(frame));
  client.send(Uint8Array.of(1));
  return {
    send: (number, payload) => {
      const head = Buffer.allocUnsafe(4);
      head.writeUInt32LE(number);
      commands.add(head, payload);
    },
    onAnswer: (handler) => {
      onAnswer = handler;
    },
    totals: async () => {
      const all = await Promise.all(nodes.map(statusOf));
      return {
        durableWrites: all[leader - 1]?.durableWrites ?? 0,
        cpuMs: all.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
        count: Math.min(...all.map(({ count }) => count)),
      };
    },
    close: async () => {
      client.close();
      await Promise.all(
        nodes.map(async (node) => {
          node.send('end');
          await once(node, 'exit');
        }),
      );
      folder.remove();
    },
  };
}

async function statusOf(node: ChildProcess): Promise<NodeStatus> {
  node.send('status');
  const [status] = (await once(node, 'message')) as [NodeStatus];
  return status;
}
