import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../../src/random.ts';
import { measureMeshPartitions } from '../../../src/scenarios/mesh-partitions.ts';
import { PARTITION_SHAPES } from '../../../src/scenarios/partitions.ts';

test('a mesh that is torn apart in two ways is one again within 60 virtual seconds', () => {
  const shapes = PARTITION_SHAPES.filter(({ name }) => name === 'halves' || name === 'dust');
  const results = measureMeshPartitions({ nodes: 6, seed: 2, splitsMs: [5_000], shapes });
  assert.deepEqual(
    results.map(({ shape }) => shape),
    ['halves', 'dust'],
  );
  for (const { shape, convergedMs } of results) {
    assert.ok(convergedMs > 0, `${shape} cut nothing`);
    assert.ok(convergedMs < 60_000, `${shape}: ${convergedMs} ms`);
  }
});

test('every shape cuts somebody off from somebody', () => {
  const nodes = Array.from({ length: 10 }, (_, index) => `n${index + 1}`);
  for (const { name, rules } of PARTITION_SHAPES) {
    const cut = rules(nodes, new SeededRandom(1));
    const pairs = nodes.flatMap((from) => nodes.filter((to) => to !== from).map((to) => [from, to] as const));
    const isCut = pairs.filter(([from, to]) => cut.some((rule) => rule.isCut === true && rule.appliesTo(from, to, 0)));
    assert.ok(isCut.length > 0, name);
    assert.ok(isCut.length < pairs.length || name === 'dust', name);
  }
});
