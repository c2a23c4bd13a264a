import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SERVICE_NAMES } from '@peermesh/infra/catalog';
import { alerts, metricsOf } from '@peermesh/infra/observability';
import { waitFor } from '@peermesh/testkit';
import { startTestFleet, type TestFleet } from '@peermesh/testkit/fleet';
import { type ApiClients, apiClients } from '../support/api-clients.ts';
import { startTraceCollector, type TraceCollector } from '../support/trace-collector.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

const TOPIC = 'traced';

let fleet: TestFleet;
let api: ApiClients;
let collector: TraceCollector;
let receiver: WebhookReceiver;

before(async () => {
  [collector, receiver] = await Promise.all([startTraceCollector(), startWebhookReceiver()]);
  const tracing = { OTEL_ENABLED: 'true', OTLP_URL: collector.url, OTEL_SAMPLE_RATIO: '1' };
  fleet = await startTestFleet({ overrides: Object.fromEntries(SERVICE_NAMES.map((name) => [name, tracing])) });
  api = apiClients(fleet.gatewayUrl, fleet.adminToken);
  await useEverything();
});
after(async () => {
  await fleet?.stop();
  await Promise.all([collector.stop(), receiver.stop()]);
});

/** One document from intake to its subscriber, one search, and a call with an API key. */
async function useEverything(): Promise<void> {
  const { body: endpoint } = await api.publisher.createEndpoint({
    body: { channel: 'webhook', name: 'receiver', url: receiver.url },
  });
  receiver.trust(endpoint.secret ?? '');
  const { body: screen } = await api.publisher.createEndpoint({ body: { channel: 'realtime', name: 'screen' } });
  await api.publisher.createSubscription({
    body: { name: TOPIC, filter: { topics: [TOPIC] }, endpointIds: [endpoint.id, screen.id] },
  });
  await api.ingest.submitContent({
    body: { format: 'text', title: 'Traced', body: 'Siemens opens a plant in Hamburg.', topics: [TOPIC] },
  });
  await waitFor(() => receiver.messages.size === 1, { message: 'the webhook' });
  await api.search.search({ body: { query: 'Siemens Hamburg' } });
  const { body: created } = await api.auth.createApiKey({ body: { name: 'key', scopes: ['content:read'] } });
  await apiClients(fleet.gatewayUrl, created.key).ingest.listContent();
}

/** `from -> to` for every span whose parent, or whose link, is a span of another service. */
function edges(): Set<string> {
  const owners = new Map(collector.spans.map(({ spanId, service }) => [spanId, service]));
  const found = collector.spans.flatMap(({ service, parentSpanId, links }) =>
    [parentSpanId, ...links]
      .map((spanId) => owners.get(spanId))
      .filter((origin) => origin !== undefined && origin !== service)
      .map((origin) => `${origin} -> ${service}`),
  );
  return new Set(found);
}

const EDGES = {
  'gateway -> auth': 'an API key is exchanged',
  'gateway -> ingest': 'content is forwarded',
  'gateway -> search': 'a query is forwarded',
  'gateway -> publisher': 'a subscription is forwarded',
  'ingest -> search': 'ai.extracted goes over JetStream',
  'search -> publisher': 'publishing.triggered goes over JetStream',
} as const;

for (const [edge, reason] of Object.entries(EDGES)) {
  test(`traces lead over ${edge}: ${reason}`, async () => {
    await waitFor(() => edges().has(edge), { message: `${edge} in ${[...edges()].join(', ')}` });
  });
}

test('a document can be followed from the request that brought it to its subscribers in one trace', async () => {
  const traceOf = (name: RegExp, service: string): string | undefined =>
    collector.spans.find((span) => span.service === service && name.test(span.name))?.traceId;
  const ends = (): (string | undefined)[] => [
    traceOf(/^POST content/, 'gateway'),
    traceOf(/^publish content\.submitted/, 'ingest'),
    traceOf(/^process ai\.extracted/, 'search'),
    traceOf(/^process publishing\.triggered/, 'publisher'),
  ];
  await waitFor(() => ends().every((traceId) => traceId !== undefined));
  assert.equal(new Set(ends()).size, 1, ends().join(' '));
});

interface Sample {
  readonly name: string;
  readonly labels: ReadonlySet<string>;
}

async function scrape(): Promise<Sample[]> {
  const texts = await Promise.all(
    SERVICE_NAMES.map(async (name) => (await fetch(`${fleet.serviceUrl(name)}/metrics`)).text()),
  );
  return texts
    .flatMap((text) => text.split('\n'))
    .flatMap((line) => {
      const [, name, labels = ''] = /^([a-z_][a-z0-9_]*)(?:\{(.*)\})? /i.exec(line) ?? [];
      return name === undefined
        ? []
        : { name, labels: new Set([...labels.matchAll(/(\w+)="/g)].map(([, key]) => key ?? '')) };
    });
}

/** Made by Prometheus itself, for every target. */
const OF_PROMETHEUS = new Set(['up']);

test('every metric that an alert looks at is in a scrape of the fleet, with the labels that the alert selects by', async () => {
  const samples = await scrape();
  const missing: string[] = [];
  for (const { name: alert, expression } of alerts) {
    for (const metric of metricsOf({ expression }).filter((name) => !OF_PROMETHEUS.has(name))) {
      const found = samples.filter(
        ({ name }) => name.replace(/_(count|bucket|sum)$/, '') === metric || name === metric,
      );
      if (found.length === 0) missing.push(`${alert}: ${metric}`);
      const selectors = expression.matchAll(new RegExp(`${metric}(?:_\\w+)?\\{([^}]*)\\}`, 'g'));
      for (const [, selector = ''] of selectors)
        for (const [, label = ''] of selector.matchAll(/(\w+)\s*[=!]/g))
          if (found.length > 0 && !found.some(({ labels }) => labels.has(label)))
            missing.push(`${alert}: ${metric} has no label ${label}`);
    }
  }
  assert.deepEqual(missing, []);
});
