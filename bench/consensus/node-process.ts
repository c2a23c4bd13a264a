import { createHash } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { type Entry, GroupDriver, initialConfiguration, type StateMachine } from '@peermesh/consensus';
import { openLmdbStores, Volume } from '@peermesh/mesh-node/store';
import { Batch, FramedSocket, RECORD_BYTES } from './framed-socket.ts';

/*
 * One of three nodes: a GroupDriver over the stores of services/mesh-node, TCP to the others, TCP to the client. A client's
 * frame is records of `u32 number` and 256 bytes of command; the answer to each is its number, sent when the command is
 * committed and applied, with those of the same moment.
 */

const TICK_MS = 100;
const GROUP = 1;

const { id, folder, ports } = JSON.parse(process.argv[2] ?? '') as {
  readonly id: number;
  readonly folder: string;
  readonly ports: readonly number[];
};

/** A chain over all commands: what is not applied, twice, or in another order shows in it. */
class ChainMachine implements StateMachine<undefined> {
  chain = Buffer.alloc(20);
  count = 0;

  apply(commands: readonly Entry[]): undefined[] {
    const hash = createHash('sha1').update(this.chain);
    for (const { data } of commands) hash.update(data);
    this.chain = hash.digest();
    this.count += commands.length;
    return commands.map(() => undefined);
  }

  snapshot(): Iterable<Uint8Array> {
    return [Buffer.from(JSON.stringify({ count: this.count, chain: this.chain.toString('hex') }))];
  }

  restore(data: Uint8Array): void {
    const { count, chain } = JSON.parse(Buffer.from(data).toString()) as { count: number; chain: string };
    this.count = count;
    this.chain = Buffer.from(chain, 'hex');
  }
}

const machine = new ChainMachine();
const peers = new Map<number, FramedSocket>();
const volume = Volume.open({ path: folder, nodeId: String(id) });
const stores = await openLmdbStores(volume);
const driver = new GroupDriver({
  id,
  stores,
  transport: { send: (to, _, frame) => peers.get(to)?.send(frame) },
  random: Math.random,
  onEnded: (_, error) => {
    throw error;
  },
});

const server = createServer((socket) => {
  let serve: ((frame: Buffer) => void) | null = null;
  const framed = new FramedSocket(socket, (frame) => {
    if (serve === null) serve = frame[0] === 0 ? (bytes) => driver.received(bytes) : serveClient(framed);
    else serve(frame);
  });
});

function serveClient(client: FramedSocket): (frame: Buffer) => void {
  const answers = new Batch((batch) => client.send(batch));
  return (frame) => {
    for (let at = 0; at < frame.length; at += RECORD_BYTES)
      driver.propose(GROUP, frame.subarray(at + 4, at + RECORD_BYTES)).then(
        () => answers.add(frame.subarray(at, at + 4)),
        () => client.close(),
      );
  };
}

server.listen(ports[id - 1], '127.0.0.1');
for (const [at, port] of ports.entries()) if (at !== id - 1) dial(at + 1, port);

function dial(peer: number, port: number): void {
  const socket = connect(port, '127.0.0.1');
  socket.once('connect', () => {
    const framed = new FramedSocket(socket, () => {});
    framed.send(Uint8Array.of(0));
    peers.set(peer, framed);
  });
  socket.once('error', () => setTimeout(() => dial(peer, port), TICK_MS));
}

await driver.create(GROUP, { machine, configuration: initialConfiguration(ports.map((_, at) => at + 1)) });
const timer = setInterval(() => driver.tick(), TICK_MS);
process.on('message', (message) => {
  if (message === 'status') {
    const { user, system } = process.cpuUsage();
    process.send?.({
      role: driver.status(GROUP)?.role,
      applied: driver.applied(GROUP),
      count: machine.count,
      durableWrites: driver.durableWrites,
      cpuMs: (user + system) / 1_000,
    });
  } else void end();
});

async function end(): Promise<void> {
  clearInterval(timer);
  server.close();
  await driver.close();
  await volume.close();
  process.exit(0);
}
