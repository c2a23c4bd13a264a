import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RoutePolicy } from '@peermesh/contracts/router';
import { allOf, policiesBetween } from '../../src/domain/policy.ts';

function policy(changes: Partial<RoutePolicy>): RoutePolicy {
  const at = '2026-01-01T00:00:00.000Z';
  return {
    id: 'rpl_a',
    meshId: 'harbour',
    name: 'a',
    source: null,
    destination: null,
    constraints: {},
    isEnabled: true,
    version: 1,
    createdAt: at,
    updatedAt: at,
    ...changes,
  };
}

test('several constraints hold at once: the narrower limit, everything that is avoided, the stronger disjointness', () => {
  assert.deepEqual(
    allOf([
      { latencyMaxUs: 50, bandwidthMinKbps: 10, avoidNodes: [1, 2], disjointness: 'link' },
      { latencyMaxUs: 80, bandwidthMinKbps: 20, avoidNodes: [2, 3], avoidRegions: ['eu'], disjointness: 'node' },
      {},
    ]),
    { latencyMaxUs: 50, bandwidthMinKbps: 20, disjointness: 'node', avoidNodes: [1, 2, 3], avoidRegions: ['eu'] },
  );
  assert.deepEqual(allOf([{}, {}]), {});
});

test('a policy holds between the ends that it names, and for all where it names none, unless it is off', () => {
  const policies = [
    policy({ id: 'rpl_d', source: 1, destination: 2 }),
    policy({ id: 'rpl_c', destination: 2 }),
    policy({ id: 'rpl_b' }),
    policy({ id: 'rpl_off', isEnabled: false }),
  ];
  const ids = (source: number, destination: number): string[] =>
    policiesBetween(policies, { source, destination }).map(({ id }) => id);
  assert.deepEqual(ids(1, 2), ['rpl_b', 'rpl_c', 'rpl_d']);
  assert.deepEqual(ids(3, 2), ['rpl_b', 'rpl_c']);
  assert.deepEqual(ids(2, 1), ['rpl_b']);
});
