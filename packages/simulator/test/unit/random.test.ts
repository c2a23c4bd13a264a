import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../src/random.ts';

const draw = (random: SeededRandom, count: number): number[] => Array.from({ length: count }, random.next);

test('the same seed draws the same numbers, another seed others', () => {
  assert.deepEqual(draw(new SeededRandom(7), 100), draw(new SeededRandom(7), 100));
  assert.notDeepEqual(draw(new SeededRandom(7), 5), draw(new SeededRandom(8), 5));
});

test('a fork does not depend on what was drawn before', () => {
  const used = new SeededRandom(7);
  draw(used, 50);
  assert.deepEqual(draw(used.fork('disk'), 20), draw(new SeededRandom(7).fork('disk'), 20));
  assert.notDeepEqual(draw(used.fork('disk'), 20), draw(used.fork('net'), 20));
});

test('is uniform: chi-squared over 64 cells stays under the 99.99 % bound for 20 seeds', () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = new SeededRandom(seed);
    const cells = new Array<number>(64).fill(0);
    for (let count = 0; count < 64_000; count++) {
      const cell = random.integer(64);
      cells[cell] = (cells[cell] as number) + 1;
    }
    const chiSquared = cells.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0);
    assert.ok(chiSquared < 113, `seed ${seed}: ${chiSquared}`);
  }
});

test('subset keeps at least one', () => {
  const random = new SeededRandom(3);
  for (let count = 0; count < 200; count++) assert.ok(random.subset([1, 2, 3], 0.01).length >= 1);
  assert.deepEqual(random.subset([], 0.5), []);
});
