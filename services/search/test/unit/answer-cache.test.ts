import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from '@peermesh/telemetry';
import { AnswerCache } from '../../src/orchestrator/answer-cache.ts';
import { Doorkeeper } from '../../src/orchestrator/doorkeeper.ts';
import { createSearchMetrics } from '../../src/orchestrator/search-metrics.ts';

interface Answer {
  readonly run: number;
  readonly degradedLegs: readonly string[];
}

function setUp(degradedLegs: readonly string[] = []): {
  cache: AnswerCache<Answer>;
  ask(key: string): Promise<number>;
} {
  const cache = new AnswerCache<Answer>(100, createSearchMetrics(createMetrics({ service: 'search' })));
  let runs = 0;
  return {
    cache,
    ask: async (key) => {
      const { run } = await cache.through(key, async () => {
        runs += 1;
        return { run: runs, degradedLegs };
      });
      return run;
    },
  };
}

test('an answer is kept from the second time that its question is asked', async () => {
  const { ask } = setUp();
  const answers: number[] = [];
  for (let i = 0; i < 4; i += 1) answers.push(await ask('solar storage'));
  assert.deepEqual(answers, [1, 2, 2, 2]);
  assert.equal(await ask('another'), 3);
});

test('an answer that lacks something is not kept', async () => {
  const { ask } = setUp(['graph']);
  const answers: number[] = [];
  for (let i = 0; i < 4; i += 1) answers.push(await ask('solar storage'));
  assert.deepEqual(answers, [1, 2, 3, 4]);
});

test('questions asked at the same time share one run', async () => {
  const { ask } = setUp();
  assert.deepEqual(await Promise.all([ask('a'), ask('a'), ask('b')]), [1, 1, 2]);
});

test('a doorkeeper knows what has come lately, and takes next to nothing for it that has not', () => {
  const doorkeeper = new Doorkeeper();
  const keys = Array.from({ length: 1_000 }, (_, i) => `question number ${i}`);
  assert.equal(keys.filter((key) => doorkeeper.hasSeen(key)).length, 0);
  assert.ok(keys.filter((key) => doorkeeper.hasSeen(key)).length > 900);
});
