import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MESH_CORE } from '../../../src/mesh/mesh-core.ts';

test('a seed of the mesh core checks every rule and breaks none', () => {
  const result = MESH_CORE.runSeed(3);
  assert.equal(result.failure, null, result.failure?.message);
  const unchecked = Object.entries(result.checks).filter(([name, count]) => count === 0 && name !== 'NoCrash');
  assert.deepEqual(unchecked, []);
  assert.ok((result.counts['transit frames'] ?? 0) > 0);
});

test('the same seed gives the same run, and without its faults the same plan', () => {
  const whole = MESH_CORE.runSeed(5, { untilMs: 12_000 });
  assert.deepEqual(MESH_CORE.runSeed(5, { untilMs: 12_000 }), whole);
  assert.deepEqual(MESH_CORE.runSeed(5, { untilMs: 9_000, faults: [] }).faults, whole.faults);
});
