import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { readKnownSeeds } from '../../../src/mutants/known-seeds.ts';
import { mutate } from '../../../src/mutants/mutant.ts';
import { MUTANTS, selectMutants } from '../../../src/mutants/registry.ts';

const ROOT = resolve(import.meta.dirname, '../../../../..');
const EXAMPLE = {
  id: 'example',
  provenance: 'none',
  core: 'consensus',
  file: 'a.ts',
  find: 'a < b',
  replace: 'a <= b',
  seedsMax: 500,
};

test('replaces the text once, and says so loudly when it is not there exactly once', () => {
  assert.equal(mutate(EXAMPLE, 'if (a < b) run();'), 'if (a <= b) run();');
  assert.throws(() => mutate(EXAMPLE, 'if (a > b) run();'), /example: its text is not in a\.ts/);
  assert.throws(() => mutate(EXAMPLE, 'a < b; a < b'), /more than once/);
});

test('every seeded bug fits the source as it is', () => {
  for (const mutant of MUTANTS) mutate(mutant, readFileSync(resolve(ROOT, mutant.file), 'utf8'));
});

test('ids are unique and every seeded bug says where it was seen', () => {
  assert.equal(new Set(MUTANTS.map(({ id }) => id)).size, MUTANTS.length);
  for (const { id, provenance } of MUTANTS) assert.ok(provenance.length > 10, id);
});

test('ids select, and one that is not there is refused', () => {
  assert.deepEqual(
    selectMutants('quorum-of-half,votes-twice').map(({ id }) => id),
    ['quorum-of-half', 'votes-twice'],
  );
  assert.throws(() => selectMutants('no-such-bug'), /there is no mutant no-such-bug/);
});

test('it is known at which seed each is found', () => {
  const known = readKnownSeeds();
  assert.deepEqual(
    MUTANTS.filter(({ id, seedsMax }) => !((known[id] ?? seedsMax) < seedsMax)).map(({ id }) => id),
    [],
  );
});
