import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { CONSENSUS_FAULTS } from '../../src/consensus/consensus-core.ts';
import { CONSENSUS_INVARIANTS } from '../../src/consensus/invariants.ts';
import { CORES } from '../../src/cores.ts';
import { MUTANTS } from '../../src/mutants/registry.ts';

test('the README names every rule and every fault of consensus in their own words', () => {
  const text = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8').replace(/ +/g, ' ');
  for (const { name, statement } of CONSENSUS_INVARIANTS)
    assert.ok(text.includes(`| \`${name}\` | ${statement} |`), name);
  for (const { name, summary } of CONSENSUS_FAULTS) assert.ok(text.includes(`| \`${name}\` | ${summary} |`), name);
});

test('the README tells how many faults and seeded bugs and which cores there are', () => {
  const text = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8');
  assert.ok(text.includes(`\`src/mutants\`, ${MUTANTS.length} of them`), `${MUTANTS.length}`);
  const faults = new Set(CORES.flatMap(({ faultKinds }) => faultKinds.map(({ name }) => name)));
  assert.ok(text.includes(`fail in ${faults.size} named ways`), `${faults.size}`);
  for (const { name } of CORES) assert.ok(text.includes(name), name);
});
