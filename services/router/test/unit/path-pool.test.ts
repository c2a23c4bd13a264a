import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { silentLogger, waitFor } from '@peermesh/testkit';
import type { Task } from '../../src/adapters/threads/messages.ts';
import { createPathPool, type PathPool, type PathPoolOptions } from '../../src/adapters/threads/path-pool.ts';
import { advertisementOf, LabelNumbers } from '../../src/domain/link-state.ts';
import { linkStates } from '../support/link-states.ts';

let pool: PathPool | null = null;

async function start(options: Partial<PathPoolOptions> = {}): Promise<PathPool> {
  await pool?.close();
  pool = createPathPool({ threads: 2, queueMax: 100, timeoutMs: 10_000, logger: silentLogger(), ...options });
  const labels = new LabelNumbers();
  const changed = linkStates({ '1-2': 1, '2-3': 1, '1-3': 5 }).map((state) => advertisementOf(state, labels));
  pool.update({ meshId: 'harbour', revision: 3, changed, gone: [] });
  return pool;
}
beforeEach(async () => {
  await pool?.close();
  pool = null;
});
after(() => pool?.close());

const ask = (source: number, destination: number): Task & { kind: 'paths' } => ({
  kind: 'paths',
  meshId: 'harbour',
  query: { source, destination, k: 4, stretchMax: 10 },
});

/** A grid so large that its routes keep a thread busy for long. */
function grid(size: number) {
  const links: Record<string, number> = {};
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const node = row * size + column + 1;
      if (column + 1 < size) links[`${node}-${node + 1}`] = 1 + ((node * 7) % 5);
      if (row + 1 < size) links[`${node}-${node + size}`] = 1 + ((node * 11) % 5);
    }
  }
  const labels = new LabelNumbers();
  return linkStates(links).map((state) => advertisementOf(state, labels));
}
const endless: Task & { kind: 'routes' } = {
  kind: 'routes',
  meshId: 'grid',
  source: 1,
  constrained: [],
  constraints: null,
};

test('every thread answers from the topology that was given before the task', async () => {
  const threads = await start();
  const answers = await Promise.all(Array.from({ length: 8 }, () => threads.run(ask(1, 3))));
  for (const { revision, answer } of answers) {
    assert.equal(revision, 3);
    assert.deepEqual(
      answer.paths.map(({ segments }) => segments),
      [[2, 3], [3]],
    );
  }
  threads.update({ meshId: 'harbour', revision: 4, changed: [], gone: [2] });
  const [one, other] = await Promise.all([threads.run(ask(1, 3)), threads.run(ask(1, 3))]);
  for (const { revision, answer } of [one, other]) {
    assert.equal(revision, 4);
    assert.deepEqual(
      answer.paths.map(({ segments }) => segments),
      [[3]],
    );
  }
});

test('all routes of a node come with their disjoint pair; an unknown node has none and says so', async () => {
  const threads = await start();
  const result = await threads.run({
    kind: 'routes',
    meshId: 'harbour',
    source: 1,
    constrained: [],
    constraints: null,
  });
  assert.equal(result.isKnown, true);
  assert.deepEqual(
    result.routes.map(({ destination, disjoint }) => [destination, disjoint?.kind]),
    [
      [2, 'node'],
      [3, 'node'],
    ],
  );
  const nobody = await threads.run({
    kind: 'routes',
    meshId: 'harbour',
    source: 9,
    constrained: [],
    constraints: null,
  });
  assert.deepEqual([nobody.isKnown, nobody.routes], [false, []]);
});

test('a query that cannot be answered fails alone', async () => {
  const threads = await start({ threads: 1 });
  await assert.rejects(
    threads.run({ ...ask(1, 3), query: { source: 1, destination: 3, k: 0, stretchMax: 1 } }),
    /k is 1 to 64/,
  );
  assert.equal((await threads.run(ask(1, 3))).answer.paths.length, 2);
  assert.equal(threads.replaced, 0);
});

test('a computation beyond its time is ended with its thread, and the new one knows the topology', async () => {
  const threads = await start({ threads: 1, timeoutMs: 300 });
  threads.update({ meshId: 'grid', revision: 1, changed: grid(80), gone: [] });
  await assert.rejects(threads.run(endless), { code: 'PM_ROUTER_TIMED_OUT' });
  await waitFor(() => threads.replaced === 1);
  await waitFor(async () => (await threads.run(ask(1, 3)).catch(() => null))?.answer.paths.length === 2);
});

test('what waits too long or does not fit into the queue is refused, not lost', async () => {
  const threads = await start({ threads: 1, queueMax: 1, timeoutMs: 400 });
  threads.update({ meshId: 'grid', revision: 1, changed: grid(80), gone: [] });
  const outcomes = await Promise.allSettled([threads.run(endless), threads.run(ask(1, 3)), threads.run(ask(1, 3))]);
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : 'answered')),
    ['PM_ROUTER_TIMED_OUT', 'PM_ROUTER_TIMED_OUT', 'PM_ROUTER_BUSY'],
  );
});

test('close settles what is under way', async () => {
  const threads = await start({ threads: 1 });
  const waiting = [threads.run(endless), threads.run(ask(1, 3))].map((run) =>
    run.then(() => 'done').catch(() => 'refused'),
  );
  await threads.close();
  assert.equal((await Promise.all(waiting)).length, 2);
  await assert.rejects(threads.run(ask(1, 3)), { code: 'PM_ROUTER_BUSY' });
});
