import { createHash } from 'node:crypto';
import { jetstream } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { newEventId, newId } from '@peermesh/contracts';
import { Extracted } from '@peermesh/contracts/events';
import { createDatabase, migrate } from '@peermesh/database';
import { connectNats } from '@peermesh/messaging';
import { applyStreams, peermeshStreams } from '@peermesh/messaging/streams';
import { freePort, silentLogger, startTestJwksServer, startTestNats, startTestPostgres } from '@peermesh/testkit';
import { type Running, startProcess } from '../gateway/processes.ts';
import { startKeptPostgres } from './kept-postgres.ts';

const SERVICE = new URL('../../services/search/', import.meta.url);
const IN_FLIGHT_MAX = 500;

/** A document to be indexed. */
export interface BenchDocument {
  readonly id: string;
  readonly tenantId?: string;
  readonly title: string;
  readonly text: string;
  readonly topics?: readonly string[];
  readonly entities?: readonly string[];
  readonly publishedAt?: string;
}

/** The search service as a process of its own, with PostgreSQL, NATS and signing keys of its own. */
export interface SearchProcess {
  readonly service: Running;
  /** Sends documents as extraction does; returns when they are stored by the broker. */
  send(documents: Iterable<BenchDocument>): Promise<number>;
  /** Waits until so many documents are searchable on all legs; returns the instant. */
  indexed(count: number, timeoutMs: number): Promise<number>;
  /** The active vector space. */
  vectorSpace(): Promise<string>;
  /** Documents that are searchable. */
  documents(): Promise<number>;
  /** Records that wait on any leg, the one being filled included. */
  lag(): Promise<number>;
  stop(): Promise<void>;
}

/** How to start it. */
export interface SearchProcessOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Keeps the data of PostgreSQL in this folder, for the next run. */
  readonly keepIn?: string | undefined;
}

/** Starts everything. */
export async function startSearchProcess({ env, keepIn }: SearchProcessOptions = {}): Promise<SearchProcess> {
  const logger = silentLogger();
  const [postgres, nats, jwks] = await Promise.all([
    keepIn === undefined ? startTestPostgres({ own: true }) : startKeptPostgres(keepIn),
    startTestNats(),
    startTestJwksServer(),
  ]);
  const database = await postgres.createDatabase({ service: 'search' });
  await migrate({
    url: database.ownerUrl,
    schema: 'search',
    migrationsDir: new URL('src/migrations/', SERVICE),
    logger,
  });
  const admin = await connectNats({ url: nats.url, name: 'bench', logger });
  await applyStreams(admin, peermeshStreams);
  const port = await freePort();
  const service = await startProcess(new URL('src/main.ts', SERVICE).pathname, {
    env: {
      HOST: '127.0.0.1',
      PORT: String(port),
      LOG_LEVEL: 'error',
      DATABASE_URL: database.appUrl,
      DATABASE_POOL_MAX: '20',
      NATS_URL: nats.url,
      JWKS_URL: jwks.url,
      ...env,
    },
    readyUrl: `http://127.0.0.1:${port}`,
  });
  const db = createDatabase<unknown>({
    url: database.appUrl,
    schema: 'search',
    applicationName: 'bench',
    poolMax: 2,
    logger,
  });
  const publisher = jetstream(admin);
  const ask = async <Row>(sql: string): Promise<Row> => {
    const { rows } = await db.system((tx) => tx.client.query(sql));
    return rows[0] as Row;
  };
  return {
    service,
    send: async (documents) => {
      let sent = 0;
      const inFlight = new Set<Promise<unknown>>();
      for (const document of documents) {
        const id = newEventId();
        const publishing: Promise<unknown> = publisher
          .publish(Extracted.subject, JSON.stringify(extractedOf(document)), {
            headers: envelopeOf(id, document.tenantId ?? 'default'),
            msgID: id,
          })
          .then(() => inFlight.delete(publishing));
        inFlight.add(publishing);
        sent += 1;
        if (inFlight.size >= IN_FLIGHT_MAX) await Promise.race(inFlight);
      }
      await Promise.all(inFlight);
      return sent;
    },
    indexed: async (count, timeoutMs) => {
      const until = performance.now() + timeoutMs;
      for (;;) {
        const { done, stored } = await ask<{ done: boolean; stored: string }>(
          `SELECT (SELECT records FROM search.search_backend_generations WHERE kind = 'time' AND state = 'active') AS stored,
                  (SELECT min(cursor_seq) FROM search.search_backend_generations WHERE state = 'active')
                    >= (SELECT coalesce(max(seq), 0) FROM search.search_changes) AS done`,
        );
        if (done && Number(stored) >= count) return performance.now();
        if (performance.now() > until) throw new Error(`only ${stored} of ${count} documents were indexed in time`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    vectorSpace: async () =>
      (
        await ask<{ space_id: string }>(
          `SELECT space_id FROM search.search_backend_generations WHERE kind = 'vector' AND state = 'active'`,
        )
      ).space_id,
    documents: async () =>
      Number(
        (
          await ask<{ records: string }>(
            `SELECT coalesce(sum(statistics.records), 0) AS records FROM search.search_keyword_statistics statistics
               JOIN search.search_backend_generations held USING (generation) WHERE held.kind = 'keyword' AND held.state = 'active' AND statistics.kind = 'doc'`,
          )
        ).records,
      ),
    lag: async () =>
      Number(
        (
          await ask<{ lag: string }>(
            `SELECT (SELECT max(seq) FROM search.search_changes) - min(cursor_seq) AS lag FROM search.search_backend_generations WHERE state <> 'retired'`,
          )
        ).lag,
      ),
    stop: async () => {
      await service.stop();
      await admin.close();
      await db.close();
      await database.drop();
      await Promise.all([postgres.stop(), nats.stop(), jwks.stop()]);
    },
  };
}

function envelopeOf(id: string, tenantId: string): ReturnType<typeof headers> {
  const result = headers();
  const attributes = {
    specversion: '1.0',
    id,
    source: '/peermesh/bench',
    type: Extracted.type,
    time: new Date().toISOString(),
    tenantid: tenantId,
    correlationid: id,
    partitionkey: id,
    dataschema: '-',
  };
  for (const [name, value] of Object.entries(attributes)) result.set(`ce-${name}`, value);
  result.set('content-type', 'application/json');
  return result;
}

function extractedOf(document: BenchDocument): object {
  const { id, title, text, topics = [], entities = [], publishedAt = null } = document;
  return {
    jobId: null,
    document: {
      contentId: newId('content'),
      documentId: id,
      version: 1,
      sourceId: null,
      itemKey: id,
      contentHash: createHash('sha256').update(`${title}\n${text}`).digest('hex'),
      mediaType: 'text/plain',
      title,
      text,
      url: null,
      language: 'en',
      authors: [],
      topics,
      acl: ['tenant'],
      metadata: {},
      publishedAt,
      submittedAt: new Date().toISOString(),
    },
    extraction: {
      extractor: { name: 'bench', version: '1' },
      language: 'en',
      title: null,
      entities: entities.map((name) => ({
        name,
        type: 'organization',
        confidence: 0.9,
        mentions: [{ start: 0, end: 1 }],
      })),
      relationships: entities.length > 1 ? [{ from: 0, to: 1, type: 'RELATED_TO', confidence: 0.7 }] : [],
      keyphrases: [],
      dates: [],
      embedding: null,
    },
  };
}
