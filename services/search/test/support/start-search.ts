import { jetstream } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { type CloudEvent, type EventData, type EventDefinition, newEventId } from '@peermesh/contracts';
import { Extracted } from '@peermesh/contracts/events';
import { connectNats } from '@peermesh/messaging';
import { applyStreams, peermeshStreams } from '@peermesh/messaging/streams';
import { silentLogger, startTestNats, type TestNats, testJwks, waitFor } from '@peermesh/testkit';
import {
  type Answer,
  type CallOptions,
  type CallService,
  callService,
  PublishedEvents,
} from '@peermesh/testkit/service';
import { buildApp, type SearchService } from '../../src/app.ts';
import { loadSearchConfig, type SearchConfig } from '../../src/config.ts';
import { extractedSample, type SampleDocument } from './sample-documents.ts';
import { type SearchTestDatabase, startSearchDatabase } from './test-database.ts';

const PATIENCE_MS = 5_000;

/** A running search service with its own database and NATS. */
export interface SearchFixture {
  readonly service: SearchService;
  readonly database: SearchTestDatabase;
  readonly nats: TestNats;
  readonly config: SearchConfig;
  /** Everything that the service has published of one kind, oldest first. */
  published<E extends EventDefinition>(event: E): CloudEvent<EventData<E>>[];
  /** Sends an event as another module would. */
  send<E extends EventDefinition>(
    event: E,
    data: EventData<E>,
    options?: { tenantId?: string; id?: string },
  ): Promise<void>;
  /** Sends extracted documents and waits until they are searchable; returns their ids. */
  index(samples: readonly SampleDocument[], options?: { tenantId?: string }): Promise<string[]>;
  readonly call: CallService;
  /** Searches with all the time that a caller may give, unless the body says otherwise: machines under tests are busy. */
  search(body: object, options?: CallOptions): Promise<Answer>;
  /** Waits until every leg has applied everything. */
  settled(): Promise<number>;
  stop(): Promise<void>;
}

/** Settings that every test shares; change what the test is about. */
export function testConfig(
  urls: { database: string; nats: string },
  changes: Readonly<Record<string, string>> = {},
): SearchConfig {
  return loadSearchConfig({
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'silent',
    DATABASE_URL: urls.database,
    NATS_URL: urls.nats,
    JWKS_URL: 'http://127.0.0.1:1/jwks',
    EMBEDDER: 'hashing',
    ANSWER_CACHE_MAX: '0',
    FAULT_INJECTION_ENABLED: 'true',
    ...changes,
  });
}

/** Starts everything and the service. */
export async function startSearch(
  changes: Readonly<Record<string, string>> = {},
  options: { readonly ownPostgres?: boolean; readonly now?: () => number } = {},
): Promise<SearchFixture> {
  const [database, nats] = await Promise.all([
    startSearchDatabase({ own: options.ownPostgres ?? false }),
    startTestNats(),
  ]);
  const logger = silentLogger();
  const admin = await connectNats({ url: nats.url, name: 'test', logger });
  await applyStreams(admin, peermeshStreams);
  const config = testConfig({ database: database.appUrl, nats: nats.url }, changes);
  const service = await buildApp(config, {
    logger,
    jwks: testJwks,
    ...(options.now === undefined ? {} : { now: options.now }),
  });
  await service.start();
  const published = new PublishedEvents(admin);
  const send: SearchFixture['send'] = async (event, data, { tenantId = 'default', id = newEventId() } = {}) => {
    const attributes = headers();
    const envelope = {
      specversion: '1.0',
      id,
      source: '/peermesh/test',
      type: event.type,
      time: new Date().toISOString(),
      tenantid: tenantId,
    };
    for (const [name, value] of Object.entries({ ...envelope, correlationid: id, partitionkey: id, dataschema: '-' })) {
      attributes.set(`ce-${name}`, value);
    }
    attributes.set('content-type', 'application/json');
    await jetstream(admin).publish(event.subject, JSON.stringify(data), { headers: attributes, msgID: id });
  };
  const call = callService(service.app, { role: 'admin' });
  const settled = (): Promise<number> =>
    waitFor(
      async () => {
        const { rows } = await database.db.pool.query<{ head: string | null; applied: string }>(
          `SELECT (SELECT max(seq) FROM search.search_changes) AS head,
                  (SELECT min(cursor_seq) FROM search.search_backend_generations WHERE state <> 'retired') AS applied`,
        );
        const head = await database.db.system(async (tx) => {
          const found = await tx.client.query<{ head: string | null }>(
            'SELECT max(seq) AS head FROM search.search_changes',
          );
          return Number(found.rows[0]?.head ?? 0);
        });
        const watermarks = service.registry.running.map(({ backend }) => backend.watermark());
        return Number(rows[0]?.applied ?? 0) >= head && watermarks.every((watermark) => watermark >= head)
          ? head + 1
          : null;
      },
      { timeoutMs: 30_000, message: 'the legs did not catch up' },
    ).then((head) => head - 1);
  return {
    service,
    database,
    nats,
    config,
    send,
    call,
    settled,
    search: (body, callOptions) =>
      call('POST', '/api/v1/search', { ...callOptions, body: { deadlineMs: PATIENCE_MS, ...body } }),
    published: (event) => published.of(event),
    index: async (samples, sendOptions = {}) => {
      const events = samples.map(extractedSample);
      await Promise.all(events.map((data) => send(Extracted, data, sendOptions)));
      const tenantId = sendOptions.tenantId ?? 'default';
      await waitFor(
        async () =>
          database.db.tenant(tenantId, async (tx) => {
            const { rows } = await tx.client.query<{ held: string }>(
              `SELECT count(*) AS held FROM unnest($2::text[], $3::int[]) AS wanted (id, version)
                 JOIN search.search_documents held ON held.tenant_id = $1 AND held.id = wanted.id AND held.upstream_version >= wanted.version`,
              [
                tenantId,
                events.map(({ document }) => document.documentId),
                events.map(({ document }) => document.version),
              ],
            );
            return Number(rows[0]?.held) === events.length;
          }),
        { timeoutMs: 20_000, message: 'the documents were not stored' },
      );
      await settled();
      return events.map(({ document }) => document.documentId);
    },
    stop: async () => {
      await published.stop();
      await service.stop();
      await service.app.close();
      await admin.close();
      await Promise.all([database.stop(), nats.stop()]);
    },
  };
}
