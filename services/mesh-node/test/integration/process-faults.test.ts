import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { BATCH_BYTES_MAX } from '@peermesh/link';
import { waitFor } from '@peermesh/testkit';
import { type MeshProcess, MeshProcesses, MessageStream } from '@peermesh/testkit/mesh-processes';
import { caCommand } from '../../src/cli/commands/ca.ts';
import { refusalOfWebSocket } from '../support/hostile-socket.ts';
import { runTool } from '../support/run-tool.ts';

const RELAYS = ['quay-1', 'quay-2', 'quay-3'];
const PAUSE_MS = 10_000;
/** On a busy machine nodes start, dial and elect late. */
const PATIENCE_MS = 100_000;
const ATTEMPTS_PER_SECOND = 1_000;
const FLOOD_SECONDS = 2;

describe('five nodes as processes, two of them behind NATs, with reliable messages between those two', () => {
  let mesh: MeshProcesses;
  let source: MeshProcess;
  let target: MeshProcess;
  let stream: MessageStream;
  let joinKey: string;
  let stranger: MeshProcess;
  let hasJoined = false;
  let deafJoin: Promise<string>;
  /** Accepts connections and never answers. */
  const mute = createServer(() => undefined);

  const relays = (): MeshProcess[] => RELAYS.map((name) => mesh.node(name));
  const members = (): readonly MeshProcess[] => mesh.nodes.filter((node) => node !== stranger || hasJoined);
  const usedRelay = (): Promise<MeshProcess> => mesh.busiestPeer(source, relays(), 300);
  /** Messages that are sent from now on arrive. */
  const flows = async (): Promise<void> => {
    const now = performance.now();
    await waitFor(() => stream.firstSentAfter(now) !== null, { timeoutMs: PATIENCE_MS, message: 'traffic flows' });
  };
  /** Nothing of what was accepted is missing, doubled or out of its place. */
  const noHarm = async (): Promise<void> => {
    const now = performance.now();
    await waitFor(() => stream.missing(now) === 0, { timeoutMs: 30_000, message: 'all that was accepted arrives' });
    const { repeated, disordered } = stream.totals();
    assert.deepEqual({ repeated, disordered }, { repeated: 0, disordered: 0 });
  };
  const agreed = async (): Promise<void> => {
    await mesh.until(
      'all nodes know one leader and reach each other',
      async () => {
        const seen = await Promise.all(members().map(({ client }) => client.getMesh({})));
        const leaders = new Set(seen.map(({ body }) => body.leader));
        return leaders.size === 1 && !leaders.has(null) && seen.every(({ body }) => body.unreachable === 0);
      },
      PATIENCE_MS,
    );
  };

  before(async () => {
    mesh = await MeshProcesses.open();
    await Promise.all([
      ...RELAYS.map((name) => mesh.start(name)),
      mesh.start('edge-1', { isInbound: false }),
      mesh.start('edge-2', { isInbound: false }),
    ]);
    [source, target] = [mesh.node('edge-1'), mesh.node('edge-2')];
    joinKey = await mesh.form('harbour', [...relays(), source, target]);
    await mesh.settled();
    stranger = await mesh.start('stranger', { isInbound: false });
    mute.listen({ host: '127.0.0.1', port: 0 });
    await once(mute, 'listening');
    const { port } = mute.address() as { port: number };
    // It takes its time, and is looked at in the end.
    const body = { meshId: 'harbour', joinKey, addresses: [`ws://127.0.0.1:${port}`] };
    deafJoin = stranger.client.join({ body }).then(
      () => 'let in',
      ({ code }: { code: string }) => code,
    );
    stream = new MessageStream({ topic: 'berths', everyMs: 20 });
    await stream.start(source, target, mesh.operator);
  });

  after(async () => {
    mute.close();
    await mesh.close();
    stream.stop();
  });

  it('a link that is cut, falls silent, or is silent in one direction only costs no message', async () => {
    for (const kind of ['cut', 'silent', 'to the relay', 'from the relay'] as const) {
      const relay = await usedRelay();
      if (kind === 'cut') mesh.links.cut(source.name, relay.name);
      if (kind !== 'cut' && kind !== 'from the relay') mesh.links.silence(source.name, relay.name);
      if (kind !== 'cut' && kind !== 'to the relay') mesh.links.silence(relay.name, source.name);
      await flows();
      mesh.links.heal(source.name, relay.name);
    }
    await noHarm();
  });

  it('a leader and a relay that stand still for ten seconds are passed by, and step back into their places', async () => {
    const leader = await mesh.leader(target);
    const standing = [...new Set([leader, await usedRelay()])].filter((node) => node !== source && node !== target);
    for (const node of standing) node.pause();
    const pausedAt = performance.now();
    await flows();
    if (standing.includes(leader))
      await mesh.until('another node leads', async () => {
        const name = await mesh.leaderName(target);
        return name !== null && name !== leader.name;
      });
    await waitFor(() => performance.now() > pausedAt + PAUSE_MS, { timeoutMs: PAUSE_MS * 2 });
    for (const node of standing) node.resume();
    await agreed();
    await noHarm();
  });

  it('kill -9 of a relay under traffic loses nothing; started again it is a member as before', async () => {
    const relay = await usedRelay();
    const { body: former } = await relay.client.getMesh({});
    await relay.kill();
    await flows();
    await relay.restart();
    await agreed();
    assert.equal((await relay.client.getMesh({})).body.self, former.self);
    await noHarm();
  });

  it('kill -9 of the sender loses nothing that it accepted, and doubles nothing', async () => {
    await source.kill();
    await source.restart();
    await flows();
    await noHarm();
  });

  it('what the receiver had before kill -9 it has afterwards, once and in order', async () => {
    const topic = { params: { topic: 'berths' } };
    const { body: former } = await target.client.read({ ...topic, query: { limit: 1_000 } });
    await target.kill();
    await target.restart();
    const { body } = await target.client.read({ ...topic, query: { limit: 1_000 } });
    assert.deepEqual(body.messages.slice(0, former.messages.length), former.messages);
  });

  it('a thousand connection attempts a second are limited and counted while members talk on', async () => {
    const door = relays()[0]!;
    const before = await door.metric('mesh_connections_refused', { reason: 'rate_limited' });
    const sockets: Socket[] = [];
    const knock = (): void => {
      for (let i = 0; i < ATTEMPTS_PER_SECOND / 10; i += 1)
        sockets.push(
          connect({ host: '127.0.0.1', port: door.listenPort, localAddress: '127.0.0.9' })
            .on('error', () => undefined)
            .resume(),
        );
    };
    const timer = setInterval(knock, 100);
    await waitFor(() => sockets.length >= ATTEMPTS_PER_SECOND * FLOOD_SECONDS, { timeoutMs: 20_000 });
    clearInterval(timer);
    await flows();
    const refused = (await door.metric('mesh_connections_refused', { reason: 'rate_limited' })) - before;
    for (const socket of sockets) socket.destroy();
    assert.ok(refused > 0, 'what was too much is counted');
    assert.ok(refused < sockets.length, 'and not everybody is shut out');
    await agreed();
  });

  it('bytes that are no protocol, a wrong version, and too long a HELLO are refused with a reason and a count', async () => {
    const door = relays()[0]!;
    const count = (reason: string): Promise<number> => door.metric('mesh_connections_refused', { reason });
    for (const [reason, bytes] of [
      ['bad_magic', Buffer.alloc(100, 7)],
      ['truncated', Buffer.from('504d484c', 'hex')],
      ['oversize', Buffer.alloc(BATCH_BYTES_MAX + 1)],
    ] as const) {
      const before = await count(reason);
      const told = await refusalOfWebSocket(door.listenPort, bytes);
      if (reason !== 'oversize') assert.equal(told, reason);
      await waitFor(async () => (await count(reason)) > before, { message: `${reason} is counted` });
    }
    const rubbish = connect({ host: '127.0.0.1', port: door.listenPort }).on('error', () => undefined);
    rubbish.write(Buffer.alloc(4_096, 0xa5));
    await waitFor(() => rubbish.resume().destroyed, { message: 'rubbish is cut off' });
    await flows();
  });

  it('a wrong key is refused, a node that never answers is given up; so are an ended key, and anybody by a closed mesh', async () => {
    assert.equal(await deafJoin, 'PM_MESH_JOIN_TIMED_OUT');
    assert.ok((await stranger.metric('mesh_connections_refused', { reason: 'handshake_timeout' })) > 0);
    const wish = { meshId: 'harbour', joinKey, addresses: [relays()[0]!.address!] };
    const wrong = { ...wish, joinKey: 'a-key-that-nobody-gave-out' };
    await assert.rejects(stranger.client.join({ body: wrong }), { code: 'PM_MESH_JOIN_REFUSED' });
    const door = relays()[0]!;
    const refused = (reason: string): Promise<number> => door.metric('mesh_admissions_refused', { reason });
    const tool = (at: MeshProcess, ...argv: string[]) =>
      mesh.operator.token().then((token) => runTool(at.url, argv, token));
    const made = await tool(door, 'keys', 'create', 'brief', '--expires', '1s', '--json');
    const { secret } = JSON.parse(made.out) as { secret: string };
    await waitFor(async () => (await tool(door, 'keys')).out.includes('expired'));
    const late = await tool(stranger, 'join', 'harbour', door.address!, '--key', secret);
    assert.deepEqual([late.code, late.err], [1, 'mesh: PM_MESH_JOIN_REFUSED: The join key has expired.\n']);
    assert.equal(await refused('key-expired'), 1);
    assert.equal((await tool(door, 'policy', 'closed')).code, 0);
    const shut = await tool(stranger, 'join', 'harbour', door.address!, '--key', joinKey);
    assert.equal(shut.code, 1);
    assert.match(shut.err, /PM_MESH_JOIN_REFUSED: The mesh is closed and the node is not on its admission list/);
    assert.equal(await refused('mesh-closed'), 1);
    assert.equal((await stranger.client.getStatus({})).body.state, 'idle');
  });

  it('a closed mesh lets in who is on its list, over the wire and by the tool', async () => {
    const door = relays()[0]!;
    const token = await mesh.operator.token();
    const { body } = await stranger.client.getStatus({});
    assert.equal((await runTool(door.url, ['admit', body.nodeId, '--note', 'berth 9'], token)).code, 0);
    const joined = await runTool(stranger.url, ['join', 'harbour', door.address!], token);
    assert.equal(joined.code, 0, joined.err);
    assert.match(joined.out, /^join policy +closed$/m);
    hasJoined = true;
    await agreed();
    await noHarm();
  });

  it('SIGHUP makes a node look for certificates at once, and ends nothing', async () => {
    const { pid } = stranger;
    await caCommand.runLocally(['prepare', join(mesh.folder, 'ca'), 'harbour', stranger.home], Date.now());
    process.kill(pid, 'SIGHUP');
    const heard = /what may change while it runs is read again[^]*there is a certificate now: start this node again/;
    await waitFor(() => heard.test(stranger.log()), { message: 'the folder is read again' });
    await agreed();
    assert.equal(stranger.pid, pid);
    await noHarm();
  });
});
