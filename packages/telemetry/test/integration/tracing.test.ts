import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, test } from 'node:test';
import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace';
import {
  createLogger,
  endRequestTrace,
  insideTrace,
  isTracing,
  producerCarrier,
  startTracing,
  type Tracing,
  traceConsumption,
  traceHeaders,
  traceQueries,
  traceRedis,
  traceRequest,
} from '@peermesh/telemetry';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const sampled = { traceparent: `00-${TRACE}-b7ad6b7169203331-01` };
const unsampled = { traceparent: `00-${TRACE}-b7ad6b7169203331-00` };
const answer = { method: 'GET', route: '/things/:id', path: '/things/1', status: 200 };

let exporter: InMemorySpanExporter;
let tracing: Tracing;
beforeEach(async () => {
  exporter = new InMemorySpanExporter();
  tracing = await startTracing({
    service: 'test',
    enabled: true,
    otlpUrl: 'http://127.0.0.1:1/',
    sampleRatio: 1,
    exporter,
  });
});
afterEach(() => tracing.shutdown());

async function spans(): Promise<ReadableSpan[]> {
  await tracing.flush();
  return exporter.getFinishedSpans();
}
const spanNamed = async (name: string): Promise<ReadableSpan> => {
  const span = (await spans()).find((candidate) => candidate.name === name);
  assert.ok(span, `no span ${name}`);
  return span;
};
const begin = (headers: Record<string, string> = {}) => {
  const request = traceRequest({ method: 'GET', headers });
  assert.ok(request);
  return request;
};

test('a request continues the trace of its caller', async () => {
  const request = begin(sampled);
  endRequestTrace(request, answer);
  const span = await spanNamed('GET /things/:id');
  assert.equal(span.spanContext().traceId, TRACE);
  assert.equal(span.parentSpanContext?.spanId, 'b7ad6b7169203331');
  assert.equal(span.attributes['http.route'], '/things/:id');
});

test('the caller’s decision against recording holds, whatever the share here', () => {
  assert.equal(traceRequest({ method: 'GET', headers: unsampled }), null);
  assert.deepEqual(traceHeaders(), {});
  assert.deepEqual(producerCarrier('a.b'), {});
});

test('a share of nothing records what callers record, and nothing else', async () => {
  await tracing.shutdown();
  exporter = new InMemorySpanExporter();
  tracing = await startTracing({ service: 'test', enabled: true, otlpUrl: '', sampleRatio: 0, exporter });
  assert.equal(traceRequest({ method: 'GET', headers: {} }), null);
  assert.equal(traceRequest({ method: 'GET', headers: { traceparent: 'not a trace' } }), null);
  endRequestTrace(begin(sampled), answer);
  assert.equal((await spans()).length, 1);
});

test('log lines inside a request carry its trace', () => {
  const lines: string[] = [];
  const logger = createLogger({ service: 'test', level: 'info' }, { write: (line: string) => void lines.push(line) });
  insideTrace(begin(sampled), () => logger.info('inside'));
  assert.equal(JSON.parse(lines[0] ?? '{}').trace_id, TRACE);
});

test('queries and commands inside a recorded request are its children; outside of one they are nothing', async () => {
  const client = { query: async (_text: string) => ({ rows: [] }) };
  const redis = {
    sendCommand(command: { name: string; promise: Promise<unknown> }) {
      return command.promise;
    },
  };
  traceQueries(client);
  traceRedis(redis);
  await client.query('SELECT 1');
  const request = begin(sampled);
  await insideTrace(request, async () => {
    await client.query('BEGIN; SELECT set_config()');
    await client.query('insert into secrets values (42)');
    await client.query('COMMIT');
    await redis.sendCommand({ name: 'get', promise: Promise.resolve('x') });
  });
  endRequestTrace(request, answer);
  const all = await spans();
  assert.deepEqual(all.map(({ name }) => name).sort(), ['GET /things/:id', 'postgresql INSERT', 'redis GET']);
  const parent = request.span.spanContext().spanId;
  for (const span of all.filter(({ name }) => !name.startsWith('GET')))
    assert.equal(span.parentSpanContext?.spanId, parent);
  assert.ok(!JSON.stringify(all.map(({ attributes }) => attributes)).includes('secrets'));
});

test('a failed query is marked', async () => {
  const client = { query: async () => Promise.reject(new Error('relation is missing')) };
  traceQueries(client);
  await assert.rejects(
    insideTrace(begin(sampled), () => (client.query as (text: string) => Promise<never>)('SELECT x')),
  );
  assert.equal((await spanNamed('postgresql SELECT')).status.code, 2);
});

test('an event is consumed in the trace of its producer; redelivered it links to it', async () => {
  const request = begin(sampled);
  const carrier = insideTrace(request, () => producerCarrier('content.submitted'));
  endRequestTrace(request, answer);
  const consumption = { consumer: 'c', subject: 'content.submitted', carriers: [carrier] };
  await traceConsumption({ ...consumption, attempt: 1 }, async () => undefined);
  await traceConsumption({ ...consumption, attempt: 2 }, async () => undefined);
  const producer = await spanNamed('publish content.submitted');
  const [first, second] = (await spans()).filter(({ name }) => name === 'process content.submitted');
  assert.equal(first?.parentSpanContext?.spanId, producer.spanContext().spanId);
  assert.equal(second?.parentSpanContext, undefined);
  assert.equal(second?.links[0]?.context.spanId, producer.spanContext().spanId);
});

test('a batch links to the recorded traces in it', async () => {
  const carriers = [sampled, unsampled, {}];
  await traceConsumption({ consumer: 'c', subject: 's', carriers, attempt: 1 }, async () => undefined);
  const span = await spanNamed('process s');
  assert.equal(span.links.length, 1);
  assert.equal(span.attributes['messaging.batch.message_count'], 3);
});

test('a handler that fails marks its span and fails', async () => {
  const work = traceConsumption({ consumer: 'c', subject: 's', carriers: [sampled], attempt: 1 }, async () => {
    throw new Error('no');
  });
  await assert.rejects(work, /no/);
  assert.equal((await spanNamed('process s')).status.code, 2);
});

const listen = (handler: Parameters<typeof createServer>[1]): Promise<{ url: string; server: Server }> =>
  new Promise((resolve) => {
    const server = createServer(handler ?? (() => undefined));
    server.listen(0, '127.0.0.1', () =>
      resolve({ server, url: `http://127.0.0.1:${(server.address() as { port: number }).port}` }),
    );
  });

test('fetch passes the trace on', async (t) => {
  const seen: (string | undefined)[] = [];
  const { url, server } = await listen((request, response) => {
    seen.push(request.headers['traceparent'] as string | undefined);
    response.end();
  });
  t.after(() => server.close());
  const request = begin(sampled);
  await insideTrace(request, async () => (await fetch(`${url}/x?secret=1`)).text());
  await insideTrace(request, async () =>
    (await fetch(url, { headers: { traceparent: unsampled.traceparent } })).text(),
  );
  endRequestTrace(request, answer);
  const client = await spanNamed('GET');
  assert.equal(seen[0], `00-${TRACE}-${client.spanContext().spanId}-01`);
  assert.equal(seen[1], unsampled.traceparent, 'one that is there stays');
  assert.equal(client.attributes['url.path'], '/x');
});

test('spans arrive at a collector as OTLP protobuf', async (t) => {
  const bodies: { type: string | undefined; text: string }[] = [];
  const { url, server } = await listen((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push({ type: request.headers['content-type'], text: Buffer.concat(chunks).toString('latin1') });
      response.end();
    });
  });
  t.after(() => server.close());
  await tracing.shutdown();
  tracing = await startTracing({ service: 'exporting', enabled: true, otlpUrl: `${url}/v1/traces`, sampleRatio: 1 });
  endRequestTrace(begin(sampled), answer);
  await tracing.flush();
  assert.equal(bodies[0]?.type, 'application/x-protobuf');
  assert.ok(bodies[0]?.text.includes('exporting') && bodies[0].text.includes('GET /things/:id'));
});

test('a collector that is away delays shutdown by three seconds at most', async () => {
  await tracing.shutdown();
  tracing = await startTracing({
    service: 'test',
    enabled: true,
    otlpUrl: 'http://127.0.0.1:1/v1/traces',
    sampleRatio: 1,
  });
  endRequestTrace(begin(sampled), answer);
  const start = performance.now();
  await tracing.shutdown();
  assert.ok(performance.now() - start < 8_000);
});

test('off means off', async () => {
  await tracing.shutdown();
  tracing = await startTracing({ service: 'test', enabled: false, otlpUrl: '', sampleRatio: 1 });
  assert.equal(isTracing(), false);
  assert.equal(traceRequest({ method: 'GET', headers: sampled }), null);
  assert.deepEqual(traceHeaders(), {});
  const client = { query: async () => undefined };
  const { query } = client;
  traceQueries(client);
  assert.equal(client.query, query);
});
