import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLinearizability } from '../../../src/history/linearizability.ts';
import { registerModel } from '../../../src/history/register-model.ts';
import { SeededRandom } from '../../../src/random.ts';
import { isLinearizable } from './brute-force.ts';
import { disturbed, type RegisterOperation, validHistory } from './generated-history.ts';

const verdictOf = (history: readonly RegisterOperation[]): string =>
  checkLinearizability(history, registerModel).verdict;

const SMALL = { operations: 7, keys: 2, clients: 3, unknownRate: 0.2 };

test('accepts 2,000 small histories that are linearizable by construction, as every order tried says', () => {
  for (let seed = 0; seed < 2_000; seed++) {
    const history = validHistory(new SeededRandom(seed), SMALL);
    assert.equal(isLinearizable(history), true, `seed ${seed}: the generator`);
    assert.equal(verdictOf(history), 'linearizable', `seed ${seed}`);
  }
});

test('agrees with every order tried on disturbed histories, more than 1,000 of them invalid', () => {
  let invalid = 0;
  for (let seed = 0; seed < 4_000; seed++) {
    const random = new SeededRandom(seed);
    const history = disturbed(random.fork('disturb'), validHistory(random, SMALL));
    const expected = isLinearizable(history) ? 'linearizable' : 'violation';
    if (expected === 'violation') invalid++;
    assert.equal(verdictOf(history), expected, `seed ${seed}`);
  }
  assert.ok(invalid >= 1_000, `${invalid} invalid histories`);
});

test('accepts histories of 600 operations by ten clients, a tenth without an answer', () => {
  for (let seed = 0; seed < 40; seed++) {
    const shape = { operations: 600, keys: 5, clients: 10, unknownRate: 0.1 };
    assert.equal(verdictOf(validHistory(new SeededRandom(seed), shape)), 'linearizable', `seed ${seed}`);
  }
});

test('a read that misses a write which had returned is a violation, and the witness names its key', () => {
  const history: RegisterOperation[] = [
    { client: 1, input: { kind: 'write', key: 'a', value: 'x' }, calledMs: 0, returnedMs: 1, output: { value: '' } },
    { client: 2, input: { kind: 'read', key: 'a' }, calledMs: 2, returnedMs: 3, output: { value: '' } },
    { client: 3, input: { kind: 'read', key: 'b' }, calledMs: 2, returnedMs: 3, output: { value: '' } },
  ];
  const report = checkLinearizability(history, registerModel);
  assert.equal(report.verdict, 'violation');
  assert.deepEqual(
    report.witness.map(({ client }) => client),
    [1, 2],
  );
});

test('says so when it gives up', () => {
  const history = validHistory(new SeededRandom(1), { operations: 200, keys: 1, clients: 8, unknownRate: 0 });
  assert.equal(checkLinearizability(history, registerModel, 10).verdict, 'exceeded');
});
