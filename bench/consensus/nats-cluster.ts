import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, createInbox } from '@nats-io/transport-node';
import { freePort, type GuardedProcess, probeNats, startGuarded } from '@peermesh/infra/servers';
import { temporaryFolder, waitFor } from '@peermesh/testkit';
import type { Target } from './load.ts';

export interface NatsCluster extends Target {
  readonly version: string;
  /** Whether the server flushes before it acknowledges; older ones cannot. */
  readonly isSynced: boolean;
  close(): Promise<void>;
}

const SUBJECT = 'bench.consensus';

/** Three nats-servers with one stream on all of them, file storage, and `sync_interval: always` where the server knows it. */
export async function startNatsCluster(binary: string): Promise<NatsCluster> {
  const version = execFileSync(binary, ['--version'], { encoding: 'utf8' }).replace('nats-server: ', '').trim();
  const [major = 0, minor = 0] = version.slice(1).split('.').map(Number);
  const isSynced = major > 2 || (major === 2 && minor >= 10);
  const folder = temporaryFolder('bench-nats');
  const servers: GuardedProcess[] = [];
  const ports = await Promise.all([1, 2, 3].map(async () => [await freePort(), await freePort(), await freePort()]));
  for (const [at, [port = 0, monitorPort = 0, route = 0]] of ports.entries()) {
    const home = join(folder.path, `server-${at + 1}`);
    mkdirSync(home);
    const routes = ports.map(([, , other = 0]) => `"nats://127.0.0.1:${other}"`);
    const file = join(home, 'nats.conf');
    writeFileSync(
      file,
      [
        `server_name: server-${at + 1}`,
        `listen: "127.0.0.1:${port}"`,
        `http: "127.0.0.1:${monitorPort}"`,
        `jetstream { store_dir: ${JSON.stringify(join(home, 'jetstream'))}`,
        ...(isSynced ? ['  sync_interval: always'] : []),
        '}',
        `cluster { name: bench, listen: "127.0.0.1:${route}", routes: [${routes.join(', ')}] }`,
        '',
      ].join('\n'),
    );
    const logFile = join(home, 'nats.log');
    servers.push(startGuarded({ command: binary, args: ['-c', file], logFile, stopSignal: 'SIGTERM' }));
  }
  for (const [, monitorPort = 0] of ports)
    await waitFor(() => probeNats(`http://127.0.0.1:${monitorPort}`).then(() => true), { timeoutMs: 30_000 });
  const connection = await connect({ servers: `nats://127.0.0.1:${ports[0]?.[0] ?? 0}` });
  const manager = await waitFor(() => jetstreamManager(connection), { timeoutMs: 30_000 });
  await waitFor(
    () => manager.streams.add({ name: 'BENCH', subjects: [SUBJECT], num_replicas: 3, max_bytes: 2 ** 30 }),
    { timeoutMs: 30_000 },
  );
  const inbox = createInbox();
  let onAnswer: (number: number) => void = () => {};
  connection.subscribe(`${inbox}.*`, {
    callback: (_, message) => {
      const answer = message.json<{ error?: { description: string } }>();
      if (answer.error !== undefined) throw new Error(answer.error.description);
      onAnswer(Number(message.subject.slice(inbox.length + 1)));
    },
  });
  return {
    version,
    isSynced,
    send: (number, payload) => connection.publish(SUBJECT, payload, { reply: `${inbox}.${number}` }),
    onAnswer: (handler) => {
      onAnswer = handler;
    },
    close: async () => {
      await connection.close();
      await Promise.all(servers.map((server) => server.stop()));
      folder.remove();
    },
  };
}
