import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '@peermesh/testkit';
import { Feed } from '../../../src/rpc/feed.ts';
import { answersInOrder } from '../../../src/rpc/in-order.ts';

const LIMITS = { requestsMax: 3, bytesMax: 100 };

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test('a feed tells whoever pushes that it is full, and when there is room again', async () => {
  let rooms = 0;
  const feed = new Feed<string>(10, () => (rooms += 1));
  assert.equal(feed.push('a', 6), true);
  assert.equal(feed.push('b', 6), false);
  const reading = feed.batches();
  assert.deepEqual((await reading.next()).value, ['a', 'b']);
  assert.equal(rooms, 0, 'what was taken is not yet sent');
  const next = reading.next();
  await waitFor(() => rooms === 1);
  feed.push('c', 1);
  assert.deepEqual((await next).value, ['c']);
});

test('a feed ends after what is left in it, with the error if there is one', async () => {
  const feed = new Feed<string>(10);
  feed.push('a', 1);
  feed.end();
  assert.equal(feed.push('late', 1), false);
  assert.deepEqual(await collect(feed.batches()), [['a']]);
  const failing = new Feed<string>(10);
  failing.push('a', 1);
  failing.end(new Error('stopping'));
  const reading = failing.batches();
  assert.deepEqual((await reading.next()).value, ['a']);
  await assert.rejects(reading.next(), /stopping/);
});

test('requests are answered in their order, whichever is done first', async () => {
  const gates = [1, 2, 3].map(() => Promise.withResolvers<void>());
  const answer = async (index: number): Promise<number> => {
    await gates[index]!.promise;
    return index;
  };
  async function* requests(): AsyncIterable<number> {
    yield* [0, 1, 2];
  }
  const answers = collect(answersInOrder(requests(), answer, () => 1, LIMITS));
  for (const gate of gates.toReversed()) gate.resolve();
  assert.deepEqual(await answers, [0, 1, 2]);
});

for (const [what, bytes, most] of [
  ['requests', 1, 3],
  ['bytes', 60, 2],
] as const) {
  test(`no more is read while as many ${what} are under way as may be`, async () => {
    let read = 0;
    async function* requests(): AsyncIterable<number> {
      for (; read < 10; ) yield (read += 1);
    }
    const first = Promise.withResolvers<void>();
    const answers = answersInOrder(
      requests(),
      async (index) => {
        if (index === 1) await first.promise;
        return index;
      },
      () => bytes,
      LIMITS,
    );
    const reading = answers.next();
    await waitFor(() => read === most);
    assert.equal(read, most);
    first.resolve();
    assert.equal((await reading).value, 1);
    assert.deepEqual(await collect(answers), [2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
}

test('an error of the stream comes after the answers to what was read before it', async () => {
  async function* requests(): AsyncIterable<number> {
    yield 1;
    throw new Error('cut');
  }
  const answers = answersInOrder(
    requests(),
    async (request) => request,
    () => 1,
    LIMITS,
  );
  assert.equal((await answers.next()).value, 1);
  await assert.rejects(answers.next(), /cut/);
});

test('whoever stops taking answers stops the reading', async () => {
  let read = 0;
  async function* requests(): AsyncIterable<number> {
    for (;;) yield (read += 1);
  }
  const answers = answersInOrder(
    requests(),
    async (request) => request,
    () => 1,
    LIMITS,
  );
  await answers.next();
  await answers.return();
  const before = read;
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(read <= before + 1);
});
