import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LinkStateDatabase } from '../../../src/link-state/database.ts';
import { Flooding } from '../../../src/link-state/flooding.ts';
import { decodeMessage, encodeMessage, type RoutingMessage } from '../../../src/link-state/messages.ts';
import { DEFAULT_FLOODING } from '../../../src/link-state/neighbour.ts';
import { signAdvertisement } from '../../../src/link-state/signing.ts';
import { advertisement } from '../../support/advertisements.ts';
import { TestKeys } from '../../support/keys.ts';

const SELF = 9;

function setUp() {
  const keys = new TestKeys();
  const isMember = (id: number): boolean => id < 100;
  const database = new LinkStateDatabase({ lifetimeMaxMs: 180_000 }, { isMember }, keys.signerFor(SELF));
  const echoes: Uint8Array[] = [];
  const refused: string[] = [];
  const listener = {
    onInstalled: () => {},
    onRefused: (from: number, reason: string) => refused.push(`${from} ${reason}`),
    onOwnEcho: (_nowMs: number, _from: number, bytes: Uint8Array) => echoes.push(bytes),
  };
  const flooding = new Flooding(SELF, DEFAULT_FLOODING, database, listener, () => 0);
  const signed = (origin: number, seq: number): Uint8Array =>
    signAdvertisement(advertisement(origin, { version: { epoch: 1, seq } }), keys.signerFor(origin)).bytes;
  const send = (nowMs: number, from: number, message: RoutingMessage): void =>
    flooding.receive(nowMs, from, encodeMessage(message));
  const take = (nowMs: number): [number, RoutingMessage][] => {
    flooding.tick(nowMs);
    return flooding.takeMessages().map(({ to, bytes }) => [to, decodeMessage(bytes) as RoutingMessage]);
  };
  const kinds = (nowMs: number): string[] => take(nowMs).map(([to, { kind }]) => `${to} ${kind}`);
  return { database, flooding, echoes, refused, signed, send, take, kinds };
}

/** With neighbours 1, 2 and 3, whose databases were compared at 0 and found equal. */
function withNeighbours() {
  const world = setUp();
  for (const peer of [1, 2, 3]) world.flooding.addNeighbour(0, peer);
  world.take(0);
  for (const peer of [1, 2, 3]) world.send(0, peer, { kind: 'summary', buckets: [], entries: [] });
  return world;
}

test('news goes to every neighbour but its sender, who gets an acknowledgement', () => {
  const { send, kinds, signed } = withNeighbours();
  send(10, 1, { kind: 'update', advertisements: [signed(5, 1)] });
  assert.deepEqual(kinds(10), ['1 ack', '2 update', '3 update']);
});

test('an update is repeated after 100, 200, 400 ms until it is acknowledged, or the neighbour shows that it has it', () => {
  const { send, kinds, signed, flooding } = withNeighbours();
  send(0, 1, { kind: 'update', advertisements: [signed(5, 1)] });
  kinds(0);
  assert.deepEqual(kinds(99), []);
  assert.deepEqual(kinds(100), ['2 update', '3 update']);
  send(150, 2, { kind: 'ack', entries: [{ origin: 5, version: { epoch: 1, seq: 1 } }] });
  assert.deepEqual(kinds(300), ['3 update']);
  send(310, 3, { kind: 'update', advertisements: [signed(5, 1)] });
  assert.deepEqual(kinds(310), ['3 ack']);
  assert.deepEqual(kinds(5_000), []);
  assert.equal(flooding.unacknowledged, 0);
});

test('an acknowledgement of an older version does not end the repetition of a newer one', () => {
  const { send, kinds, signed } = withNeighbours();
  send(0, 1, { kind: 'update', advertisements: [signed(5, 1)] });
  kinds(0);
  send(10, 1, { kind: 'update', advertisements: [signed(5, 2)] });
  kinds(10);
  send(20, 2, { kind: 'ack', entries: [{ origin: 5, version: { epoch: 1, seq: 1 } }] });
  assert.ok(kinds(110).includes('2 update'));
});

test('who sends something older is told the newer, and a copy is acknowledged again', () => {
  const { send, take, signed } = withNeighbours();
  send(0, 1, { kind: 'update', advertisements: [signed(5, 7)] });
  take(0);
  send(5, 2, { kind: 'ack', entries: [{ origin: 5, version: { epoch: 1, seq: 7 } }] });
  send(10, 2, { kind: 'update', advertisements: [signed(5, 3)] });
  const answer = take(10).find(([to]) => to === 2)?.[1];
  assert.deepEqual(answer, { kind: 'update', advertisements: [signed(5, 7)] });
  send(20, 1, { kind: 'update', advertisements: [signed(5, 7)] });
  assert.deepEqual(take(20)[0], [1, { kind: 'ack', entries: [{ origin: 5, version: { epoch: 1, seq: 7 } }] }]);
});

test('two databases that differ end equal after digest, summary, update and request', () => {
  const [a, b] = [setUp(), setUp()];
  for (const [origin, seq] of [
    [1, 5],
    [2, 1],
    [3, 1],
  ] as const)
    a.database.offer(0, a.signed(origin, seq));
  for (const [origin, seq] of [
    [1, 4],
    [2, 2],
    [4, 1],
  ] as const)
    b.database.offer(0, b.signed(origin, seq));
  const versions = (world: typeof a): string[] =>
    [...world.database.entries()].map(({ advertisement: { origin, version } }) => `${origin}:${version.seq}`).sort();
  a.flooding.addNeighbour(0, 20);
  b.flooding.addNeighbour(0, 10);
  const transfer = (nowMs: number): void => {
    for (const [, message] of a.take(nowMs)) b.send(nowMs, 10, resigned(message, b));
    for (const [, message] of b.take(nowMs)) a.send(nowMs, 20, resigned(message, a));
  };
  for (let nowMs = 0; nowMs < 500; nowMs += 10) transfer(nowMs);
  assert.deepEqual(versions(a), ['1:5', '2:2', '3:1', '4:1']);
  assert.deepEqual(versions(b), versions(a));
});

/** Each world has keys of its own: what crosses over is signed again by the keys of the receiver. */
function resigned(message: RoutingMessage, receiver: ReturnType<typeof setUp>): RoutingMessage {
  if (message.kind !== 'update') return message;
  return {
    kind: 'update',
    advertisements: message.advertisements.map((bytes) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      return receiver.signed(view.getUint32(4, true), view.getUint32(12, true));
    }),
  };
}

test('databases are compared every half minute, a lost comparison after a second', () => {
  const { flooding, kinds, send } = setUp();
  flooding.addNeighbour(0, 1);
  assert.deepEqual(kinds(0), ['1 digest']);
  assert.deepEqual(kinds(999), []);
  assert.deepEqual(kinds(1_000), ['1 digest'], 'no answer came');
  send(1_010, 1, { kind: 'summary', buckets: [], entries: [] });
  assert.deepEqual(kinds(31_009), []);
  assert.deepEqual(kinds(31_010), ['1 digest']);
});

test('an advertisement of the node itself is never installed from outside', () => {
  const { send, echoes, database, signed } = withNeighbours();
  send(0, 1, { kind: 'update', advertisements: [signed(SELF, 50)] });
  assert.equal(echoes.length, 1);
  assert.equal(database.get(SELF), undefined);
});

test('messages of nodes that are no neighbours are ignored, garbage of neighbours is counted', () => {
  const { flooding, refused, kinds, send, signed } = withNeighbours();
  send(0, 77, { kind: 'update', advertisements: [signed(5, 1)] });
  flooding.receive(0, 1, Uint8Array.of(1, 200));
  flooding.receive(0, 1, new Uint8Array(0));
  flooding.receive(0, 1, Uint8Array.of(9, 1, 0, 0));
  assert.deepEqual(refused, ['1 kind', '1 truncated', '1 version']);
  assert.deepEqual(kinds(0), []);
});
