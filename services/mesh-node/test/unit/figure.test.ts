import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMetrics } from '@peermesh/telemetry';
import { type Figure, observeFigures } from '../../src/runtime/figure.ts';

const DEPTH: Figure<{ readonly depth: number | null }> = {
  name: 'berth_depth_metres',
  help: 'Water at a berth.',
  of: ({ depth }) => depth,
};

async function shown(text: Promise<string>): Promise<string[]> {
  return (await text).split('\n').filter((line) => line.startsWith(DEPTH.name));
}

describe('figures', () => {
  it('show the subjects of each scrape, not those of an earlier one', async () => {
    const metrics = createMetrics({ service: 'harbour' });
    const berths = new Map<string, { depth: number | null }>([
      ['north', { depth: 11 }],
      ['south', { depth: null }],
    ]);
    observeFigures(metrics, {
      figures: [DEPTH],
      labels: ['berth'],
      subjects: () => Array.from(berths, ([berth, water]) => [{ berth }, water]),
    });
    assert.deepEqual(await shown(metrics.expose()), ['berth_depth_metres{berth="north",service="harbour"} 11']);
    berths.delete('north');
    berths.set('south', { depth: 9 });
    assert.deepEqual(await shown(metrics.expose()), ['berth_depth_metres{berth="south",service="harbour"} 9']);
  });

  it('are absent while there is no subject, and not 0', async () => {
    const metrics = createMetrics({ service: 'harbour' });
    let water: { depth: number } | null = null;
    observeFigures(metrics, { figures: [DEPTH], labels: [], subjects: () => (water === null ? [] : [[{}, water]]) });
    assert.deepEqual(await shown(metrics.expose()), []);
    water = { depth: 0 };
    assert.deepEqual(await shown(metrics.expose()), ['berth_depth_metres{service="harbour"} 0']);
    water = null;
    assert.deepEqual(await shown(metrics.expose()), []);
  });
});
