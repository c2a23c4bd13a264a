import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics, fleetMetrics, observePool } from '@peermesh/telemetry';

test('asking twice for a metric gives the same one', async () => {
  const metrics = createMetrics({ service: 'test' });
  const define = () => metrics.counter({ name: 'things_total', help: 'Things.', labels: ['kind'] });
  define().inc({ kind: 'a' });
  define().inc({ kind: 'a' });
  assert.match(await metrics.expose(), /things_total\{kind="a",service="test"\} 2/);
});

test('the event loop, the process and the pool are measured', async () => {
  const metrics = createMetrics({ service: 'test' });
  observePool(metrics, { totalCount: 5, idleCount: 2, waitingCount: 7, options: { max: 10 } });
  const text = await metrics.expose();
  assert.match(text, /nodejs_eventloop_lag_p99_seconds/);
  assert.match(text, /process_resident_memory_bytes/);
  assert.match(text, /db_pool_connections\{state="used",service="test"\} 3/);
  assert.match(text, /db_pool_connections\{state="waiting",service="test"\} 7/);
});

test('names have units, and no label is an id', () => {
  for (const { name, labels } of Object.values(fleetMetrics)) {
    assert.match(name, /^[a-z][a-z_]+_(seconds|total|rows|events|connections|bytes)$/);
    assert.ok(labels.every((label) => !label.endsWith('id')));
  }
});
