import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTracing } from '@peermesh/telemetry';
import { issueTestToken } from '@peermesh/testkit';
import { startWorld } from '../support/gateway.ts';

interface ExportedSpan {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  spanContext(): { readonly traceId: string; readonly spanId: string };
}

test('a forwarded request continues the caller’s trace and passes its own span on', async (t) => {
  const spans: ExportedSpan[] = [];
  const exporter = {
    export: (batch: ExportedSpan[], done: (result: { code: number }) => void) => {
      spans.push(...batch);
      done({ code: 0 });
    },
    shutdown: async () => undefined,
    forceFlush: async () => undefined,
  };
  const tracing = await startTracing({
    service: 'gateway',
    enabled: true,
    otlpUrl: '',
    sampleRatio: 1,
    exporter: exporter as never,
  });
  t.after(() => tracing.shutdown());
  const world = await startWorld();
  t.after(() => world.stop());
  const gateway = await world.startGateway(t);
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  await fetch(`${gateway.url}/api/v1/search?q=secret`, {
    headers: { authorization: `Bearer ${await issueTestToken()}`, traceparent: `00-${traceId}-b7ad6b7169203331-01` },
  });
  await tracing.flush();
  const span = spans.find(({ name }) => name === 'GET search');
  assert.equal(span?.spanContext().traceId, traceId);
  assert.equal(span.attributes['http.response.status_code'], 200);
  assert.equal(span.attributes['url.path'], '/api/v1/search');
  assert.equal(world.upstream.seen.at(-1)?.headers['traceparent'], `00-${traceId}-${span.spanContext().spanId}-01`);
});
