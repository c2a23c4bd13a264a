import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TurnQueue, WaitedTooLong } from '../../src/orchestrator/turn-queue.ts';

const never = new AbortController().signal;

function setUp(): { queue: TurnQueue; turn(): Promise<void>; pass(ms: number): void } {
  let nowMs = 0;
  let callbacks: (() => void)[] = [];
  return {
    queue: new TurnQueue({ nextTurn: (callback) => callbacks.push(callback), now: () => nowMs }),
    turn: async () => {
      const due = callbacks;
      callbacks = [];
      for (const callback of due) callback();
      await new Promise(setImmediate);
    },
    pass: (ms) => {
      nowMs += ms;
    },
  };
}

test('a question that comes alone starts at once', async () => {
  const { queue, turn } = setUp();
  assert.equal(await queue.turn(100, never), 0);
  await turn();
  assert.equal(await queue.turn(100, never), 0);
});

test('questions that come together start one a turn, in the order of their arrival', async () => {
  const { queue, turn, pass } = setUp();
  const started: string[] = [];
  for (let i = 0; i < 5; i += 1)
    void queue.turn(1_000, never).then((waitedMs) => started.push(`${i} after ${waitedMs}`));
  await new Promise(setImmediate);
  assert.deepEqual(started, ['0 after 0']);
  assert.equal(queue.length, 4);
  for (let i = 1; i < 5; i += 1) {
    pass(3);
    await turn();
    assert.equal(started.length, i + 1);
  }
  assert.deepEqual(started, ['0 after 0', '1 after 3', '2 after 6', '3 after 9', '4 after 12']);
  await turn();
  assert.equal(await queue.turn(1_000, never), 0);
});

test('a question whose time is over when its turn comes is refused and takes no turn from the others', async () => {
  const { queue, turn, pass } = setUp();
  await queue.turn(1_000, never);
  const impatient = queue.turn(10, never);
  const patient = queue.turn(1_000, never);
  pass(11);
  await Promise.all([
    assert.rejects(impatient, (error) => error instanceof WaitedTooLong && error.waitedMs === 11),
    turn(),
  ]);
  assert.equal(await patient, 11);
});

test('a question that nobody waits for any more is not started', async () => {
  const { queue, turn } = setUp();
  await queue.turn(1_000, never);
  const controller = new AbortController();
  const gone = queue.turn(1_000, controller.signal);
  const next = queue.turn(1_000, never);
  controller.abort(new Error('gone'));
  await Promise.all([assert.rejects(gone, /gone/), turn()]);
  assert.equal(await next, 0);
  assert.equal(queue.length, 0);
});
