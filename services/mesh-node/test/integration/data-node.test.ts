import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PublishRequest } from '../../src/data/publisher.ts';
import type { Delivery } from '../../src/data/subscription/subscription.ts';
import { DataMesh, type Letter, textOf, textsOf } from '../data-mesh/data-mesh.ts';

const request = (topic: string, text: string, changes: Partial<PublishRequest> = {}): PublishRequest => ({
  topic,
  payload: Buffer.from(text),
  priority: 2,
  isReliable: true,
  ...changes,
});
const many = (topic: string, from: number, count: number): PublishRequest[] =>
  Array.from({ length: count }, (_, at) => request(topic, `${from + at}`));
const numbers = (from: number, count: number): string[] => Array.from({ length: count }, (_, at) => `${from + at}`);
const taken = (deliveries: readonly Delivery[]): string[] => deliveries.map(({ record }) => textOf(record));

/** A generator of numbers in [0, 1), by Park and Miller. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

test('what is published on one node is in the logs of all that want it, once and in order', async (t) => {
  const mesh = new DataMesh(t, [1, 2, 3]);
  const here = mesh.subscribe(1, 't');
  const there = mesh.subscribe(2, 't');
  await mesh.run(300);
  const outcomes = await mesh.node(1).publish(many('t', 0, 500));
  assert.deepEqual(outcomes[499], { status: 'stored', offset: 500 });
  await mesh.run(300);
  assert.deepEqual(taken(here.take(1000)), numbers(0, 500));
  assert.deepEqual(taken(there.take(1000)), numbers(0, 500));
  assert.deepEqual(mesh.log(3).range('t'), { first: 1, next: 1 }, 'node 3 does not want it');
  assert.deepEqual([...mesh.node(1).lags()], [{ topic: 't', node: 2, records: 0 }]);
});

test('two nodes that publish to one topic have both all of it, and nothing goes in circles', async (t) => {
  const mesh = new DataMesh(t, [1, 2]);
  mesh.subscribe(1, 't');
  mesh.subscribe(2, 't');
  await mesh.run(300);
  await Promise.all([mesh.node(1).publish(many('t', 0, 50)), mesh.node(2).publish(many('t', 100, 50))]);
  await mesh.run(500);
  for (const id of [1, 2]) {
    const records = mesh.log(id).read('t', 1, 1e9);
    assert.equal(records.length, 100);
    assert.deepEqual(textsOf(records).toSorted(), [...numbers(0, 50), ...numbers(100, 50)].toSorted());
  }
  assert.equal(mesh.node(1).neededFrom('t'), 101, 'nothing is kept for the other any more');
});

for (const seed of [1, 2, 3, 4, 5]) {
  test(`over a network that loses, doubles and reorders, each record arrives once and in order (seed ${seed})`, async (t) => {
    const mesh = new DataMesh(t, [1, 2]);
    const random = randomOf(seed * 7919);
    mesh.network = {
      arriving(underWay) {
        const arriving: Letter[] = [];
        for (const letter of underWay.splice(0)) {
          const fate = random();
          if (fate < 0.2) continue;
          if (fate < 0.4) underWay.push(letter);
          if (fate > 0.3) arriving.push(letter);
        }
        return arriving.toSorted(() => random() - 0.5);
      },
    };
    mesh.subscribe(2, 't');
    await mesh.run(20_000);
    for (let round = 0; round < 20; round += 1) {
      const large = request('t', `${round * 10}`.padEnd(20_000, ' '));
      await mesh.node(1).publish([large, ...many('t', round * 10 + 1, 9)]);
      await mesh.run(200);
    }
    await mesh.run(120_000);
    const found = textsOf(mesh.log(2).read('t', 1, 1e9)).map((text) => text.trim());
    assert.deepEqual(found, numbers(0, 200));
  });
}

test('after restarts of either side forwarding goes on where it was, and nothing is there twice', async (t) => {
  const mesh = new DataMesh(t, [1, 2]);
  mesh.subscribe(2, 't', { name: 'app' });
  await mesh.run(300);
  await mesh.node(1).publish(many('t', 0, 100));
  await mesh.run(300);
  await mesh.stop(2);
  await mesh.node(1).publish(many('t', 100, 100));
  await mesh.run(300);
  await mesh.stop(1);
  mesh.start(1);
  await mesh.node(1).publish(many('t', 200, 100));
  mesh.start(2);
  await mesh.run(40_000);
  assert.deepEqual(textsOf(mesh.log(2).read('t', 1, 1e9)), numbers(0, 300));
});

test('what was published for a node before a restart reaches it, though it had acknowledged nothing', async (t) => {
  const mesh = new DataMesh(t, [1, 2]);
  await mesh.node(1).publish(many('t', 0, 5));
  mesh.subscribe(2, 't', { name: 'app' });
  await mesh.run(300);
  mesh.network = { accepts: () => false };
  await mesh.node(1).publish(many('t', 100, 5));
  await mesh.stop(1);
  mesh.network = {};
  mesh.start(1);
  await mesh.run(1_000);
  assert.deepEqual(
    textsOf(mesh.log(2).read('t', 1, 1e9)),
    numbers(100, 5),
    'and what was before it wanted the topic does not',
  );
});

test('a durable subscription goes on behind what it acknowledged', async (t) => {
  const mesh = new DataMesh(t, [1]);
  const first = mesh.subscribe(1, 't', { name: 'app' });
  await mesh.node(1).publish(many('t', 0, 10));
  assert.deepEqual(taken(first.take(6)), numbers(0, 6));
  mesh.node(1).ack(first, 4);
  mesh.node(1).ack(first, 9);
  assert.equal(first.acked, 4, 'what was not taken is not acknowledged');
  assert.equal(mesh.node(1).neededFrom('t'), 5);
  await mesh.run(1_000);
  await mesh.stop(1);
  mesh.start(1);
  const second = mesh.subscribe(1, 't', { name: 'app', from: 'latest' });
  assert.deepEqual(taken(second.take(100)), numbers(4, 6));
  assert.equal(mesh.node(1).forget('app', 't'), true);
  assert.equal(second.isClosed, true);
  assert.equal(mesh.node(1).neededFrom('t'), Number.POSITIVE_INFINITY);
});

test('a second subscriber of the same name takes over', async (t) => {
  const mesh = new DataMesh(t, [1]);
  let reason = '';
  const first = mesh.subscribe(1, 't', { name: 'app', onClosed: (why) => void (reason = why) });
  const second = mesh.subscribe(1, 't', { name: 'app' });
  await mesh.node(1).publish(many('t', 0, 2));
  assert.equal(reason, 'taken over');
  assert.deepEqual(taken(first.take(10)), []);
  assert.deepEqual(taken(second.take(10)), numbers(0, 2));
});

test('a subscriber is called once when there is something, and again only after it took all', async (t) => {
  const mesh = new DataMesh(t, [1]);
  let calls = 0;
  const subscription = mesh.subscribe(1, 't', { onReadable: () => void (calls += 1) });
  await mesh.node(1).publish(many('t', 0, 3));
  await mesh.node(1).publish(many('t', 3, 3));
  assert.equal(calls, 1);
  assert.equal(subscription.take(2).length, 2);
  await mesh.node(1).publish(many('t', 6, 1));
  assert.equal(calls, 1);
  assert.equal(subscription.take(100).length, 5);
  await mesh.node(1).publish(many('t', 7, 1));
  assert.equal(calls, 2);
});

test('records that may be lost go straight out, and are in no log', async (t) => {
  const mesh = new DataMesh(t, [1, 2, 3]);
  const [here, there] = [mesh.subscribe(1, 't'), mesh.subscribe(2, 't')];
  await mesh.run(300);
  const [outcome] = await mesh.node(1).publish([request('t', 'now', { isReliable: false })]);
  assert.deepEqual(outcome, { status: 'sent', receivers: 2, dropped: 0 });
  await mesh.run(100);
  assert.deepEqual(taken(here.take(10)), ['now']);
  const [delivery] = there.take(10);
  assert.equal(delivery?.kind, 'transient');
  assert.equal(delivery?.record.origin, 1);
  assert.deepEqual(mesh.log(1).range('t'), { first: 1, next: 1 });
});

test('for a slow subscriber what may be lost waits, then the oldest goes with a count, and nothing stored does', async (t) => {
  const mesh = new DataMesh(t, [1]);
  const slow = mesh.subscribe(1, 't', { queue: { itemsMax: 3, blockMs: 300 } });
  const outcomes = ['a', 'b', 'c', 'd'].map((text) =>
    mesh.node(1).publish([request('t', text, { isReliable: false })]),
  );
  await mesh.node(1).publish(many('t', 0, 200));
  await mesh.run(400);
  await Promise.all(outcomes);
  assert.equal(mesh.node(1).counters.total('dropped-oldest'), 1);
  assert.deepEqual(taken(slow.take(1000)), ['b', 'c', 'd', ...numbers(0, 200)]);
});

test('while the mesh takes nothing, what may be lost is bounded, and what is stored is sent later', async (t) => {
  const mesh = new DataMesh(t, [1, 2]);
  const there = mesh.subscribe(2, 't');
  await mesh.run(300);
  mesh.network = { accepts: ({ from }) => from !== 1 };
  await mesh.node(1).publish(many('t', 0, 50));
  const sent = Array.from({ length: 20 }, (_, at) =>
    mesh.node(1).publish([request('t', `x${at}`, { isReliable: false })]),
  );
  await mesh.run(1_000);
  await Promise.all(sent);
  assert.equal(mesh.node(1).counters.total('dropped-oldest'), 16);
  mesh.network = {};
  await mesh.run(1_000);
  const texts = taken(there.take(1000));
  assert.deepEqual(
    texts.filter((text) => !text.startsWith('x')),
    numbers(0, 50),
  );
  assert.equal(texts.length, 54);
});

test('a node without room keeps nothing, and gets everything when it has room again', async (t) => {
  const mesh = new DataMesh(t, [1, 2]);
  mesh.subscribe(2, 't');
  await mesh.run(300);
  mesh.setFull(2, true);
  await mesh.node(1).publish(many('t', 0, 10));
  await mesh.run(1_000);
  assert.deepEqual(mesh.log(2).range('t'), { first: 1, next: 1 });
  assert.deepEqual(await mesh.node(2).publish([request('t', 'x')]), [{ status: 'refused', reason: 'noRoom' }]);
  assert.equal((await mesh.node(2).publish([request('t', 'vital', { priority: 0 })]))[0]?.status, 'stored');
  mesh.setFull(2, false);
  await mesh.run(60_000);
  assert.deepEqual(textsOf(mesh.log(2).read('t', 1, 1e9)), ['vital', ...numbers(0, 10)]);
});

test('priorities travel in their own classes, in the order in which they were published', async (t) => {
  const mesh = new DataMesh(t, [1, 2]);
  mesh.subscribe(2, 't');
  await mesh.run(300);
  const classes: number[] = [];
  mesh.network = {
    accepts({ from, options, bytes }) {
      if (from === 1 && bytes[1] === 1) classes.push(options.trafficClass);
      return true;
    },
  };
  await mesh.node(1).publish([0, 1, 2, 0].map((priority) => request('t', `${priority}`, { priority: priority as 0 })));
  await mesh.run(1_000);
  assert.deepEqual(classes, [0, 1, 2, 0]);
  assert.deepEqual(textsOf(mesh.log(2).read('t', 1, 1e9)), ['0', '1', '2', '0']);
});

test('a node that wants a topic no more, or is no member any more, gets nothing and holds nothing back', async (t) => {
  const mesh = new DataMesh(t, [1, 2, 3]);
  const subscription = mesh.subscribe(2, 't');
  mesh.subscribe(3, 't', { name: 'app' });
  await mesh.run(300);
  mesh.node(2).unsubscribe(subscription);
  await mesh.run(300);
  await mesh.stop(3);
  await mesh.node(1).publish(many('t', 0, 10));
  await mesh.run(300);
  assert.equal(mesh.log(2).range('t').next, 1);
  assert.equal(mesh.node(1).neededFrom('t'), 1, 'node 3 may come back');
  mesh.node(1).setMembers([2], 'mesh');
  assert.equal(mesh.node(1).neededFrom('t'), Number.POSITIVE_INFINITY);
});

test('a list of members that is behind after a start forgets nobody, and who is on none for long has left', async (t) => {
  const mesh = new DataMesh(t, [1, 2, 3]);
  mesh.subscribe(2, 't', { name: 'app' });
  mesh.subscribe(3, 't', { name: 'app' });
  await mesh.run(300);
  mesh.network = { accepts: () => false };
  await mesh.node(1).publish(many('t', 0, 5));
  await mesh.stop(1);
  await mesh.stop(3);
  mesh.network = {};
  mesh.members = [];
  mesh.start(1);
  mesh.node(1).setMembers([], '');
  mesh.node(1).setMembers([2], 'mesh');
  await mesh.run(1_000);
  assert.deepEqual(textsOf(mesh.log(2).read('t', 1, 1e9)), numbers(0, 5));
  assert.equal(mesh.node(1).neededFrom('t'), 1, 'node 3 may only be on a later list');
  await mesh.run(600_000);
  assert.equal(mesh.node(1).neededFrom('t'), 6, 'node 2 has everything');
});

test('a damaged record ends the subscriptions that come to it, saying where, and is passed over to other nodes', async (t) => {
  const mesh = new DataMesh(t, [1, 2]);
  mesh.subscribe(2, 't');
  await mesh.run(300);
  mesh.network = { accepts: () => false };
  await mesh.node(1).publish(many('t', 0, 5));
  await mesh.damage(1, 3);
  let reason = '';
  const here = mesh.subscribe(1, 't', { from: 'earliest', onClosed: (why) => void (reason = why) });
  assert.deepEqual(taken(here.take(100)), numbers(0, 2));
  assert.deepEqual(taken(here.take(100)), []);
  assert.match(reason, /record 3 of topic t is corrupt/);
  const [outcome] = await mesh.node(1).publish([request('t', 'x', { isReliable: false })]);
  assert.deepEqual(outcome, { status: 'sent', receivers: 1, dropped: 0 }, 'only what waits for node 2');
  assert.throws(() => mesh.node(1).read('t', 3, 100), { name: 'StorageError', fault: 'corrupt' });
  mesh.network = {};
  await mesh.run(1_000);
  assert.deepEqual(textsOf(mesh.log(2).read('t', 1, 1e9)), ['0', '1', '3', '4']);
  assert.equal(mesh.node(1).counters.total('lost-corrupt'), 2);
});

test('in another mesh short ids stand for other nodes, and their records are not taken for known ones', async (t) => {
  const mesh = new DataMesh(t, [1, 2]);
  mesh.subscribe(2, 't', { name: 'app' });
  await mesh.run(300);
  await mesh.node(1).publish(many('t', 0, 50));
  await mesh.run(300);
  await mesh.stop(1);
  await mesh.stop(2);
  mesh.mesh = 'other';
  mesh.wipe(1);
  for (const id of [1, 2]) mesh.start(id);
  await mesh.run(1_000);
  await mesh.node(1).publish(many('t', 100, 10));
  await mesh.run(1_000);
  assert.deepEqual(textsOf(mesh.log(2).read('t', 1, 1e9)), [...numbers(0, 50), ...numbers(100, 10)]);
  await mesh.stop(2);
  mesh.start(2);
  assert.equal(mesh.log(2).highWater('t', 1), 10, 'within one mesh they are remembered');
});

test('strangers and messages that are none change nothing and are counted', async (t) => {
  const mesh = new DataMesh(t, [1, 2]);
  mesh.subscribe(1, 't');
  let bytes: Uint8Array = Buffer.alloc(0);
  mesh.network = { accepts: (letter) => ((bytes = letter.bytes), true) };
  mesh.subscribe(2, 't');
  await mesh.run(300);
  await mesh.node(1).publish([request('t', 'x')]);
  const { counters } = mesh.node(2);
  mesh.node(2).received(99, bytes, mesh.nowMs);
  mesh.node(2).received(1, Buffer.from('garbage'), mesh.nowMs);
  mesh.node(2).received(1, Buffer.alloc(0), mesh.nowMs);
  assert.equal(counters.total('refused-message'), 3);
  assert.throws(() => mesh.subscribe(1, 'no topic'), RangeError);
  const refused = await mesh.node(1).publish([request('no topic', 'x'), request('t', 'x'.repeat(1024 * 1024 + 1))]);
  assert.deepEqual(
    refused.map((outcome) => outcome.status === 'refused' && outcome.reason),
    ['badTopic', 'tooLarge'],
  );
});
