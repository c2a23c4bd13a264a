import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOptions } from '../../../src/run/options.ts';

test('a seed alone is a replay, a seed with a count is where to start', () => {
  assert.equal(readOptions(['--core', 'consensus', '--seed', '9']).isReplay, true);
  const many = readOptions(['--seed', '9', '--seeds', '50']);
  assert.deepEqual([many.isReplay, many.seed, many.seeds], [false, 9, 50]);
});

test('a replay takes the faults to keep, or none', () => {
  assert.deepEqual(readOptions(['--seed', '1', '--faults', '2,5']).faults, [2, 5]);
  assert.deepEqual(readOptions(['--seed', '1', '--faults', 'none']).faults, []);
  assert.equal(readOptions(['--seed', '1']).faults, null);
});

test('mutants without a word are all mutants', () => {
  assert.equal(readOptions(['--mutants']).mutants, 'all');
  assert.equal(readOptions(['--mutants', '--workers', '1']).mutants, 'all');
  assert.equal(readOptions(['--mutants', 'votes-twice']).mutants, 'votes-twice');
});

test('refuses what is not a number and what it does not know', () => {
  assert.throws(() => readOptions(['--seeds', 'many']), /--seeds takes a number/);
  assert.throws(() => readOptions(['--sedes', '1']), /sedes/);
});
