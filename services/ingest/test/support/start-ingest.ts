import type { CloudEvent, EventData, EventDefinition } from '@peermesh/contracts';
import { connectNats, createTail } from '@peermesh/messaging';
import { applyStreams, peermeshStreams } from '@peermesh/messaging/streams';
import {
  issueTestToken,
  silentLogger,
  startTestNats,
  startTestRedis,
  type TestClaims,
  type TestNats,
  type TestRedis,
  testJwks,
  waitFor,
} from '@peermesh/testkit';
import type { FastifyInstance } from 'fastify';
import { buildApp, type IngestService } from '../../src/app.ts';
import { type IngestConfig, loadIngestConfig } from '../../src/config.ts';
import type { Clock } from '../../src/ports.ts';
import { type IngestTestDatabase, startIngestDatabase } from './test-database.ts';

/** A running ingest service with its own database, NATS and Redis. */
export interface IngestFixture {
  readonly app: FastifyInstance;
  readonly database: IngestTestDatabase;
  readonly nats: TestNats;
  readonly redis: TestRedis;
  /** Everything that the service has published of one kind, oldest first. */
  published<E extends EventDefinition>(event: E): CloudEvent<EventData<E>>[];
  /** Everything of one kind that is in the outbox: the work queue can only be read by its workers. */
  outbox<E extends EventDefinition>(event: E): Promise<EventData<E>[]>;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  token(claims?: TestClaims): Promise<string>;
  stop(): Promise<void>;
}

/** A request to the service. */
export interface CallOptions {
  readonly body?: unknown;
  readonly claims?: TestClaims;
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Its answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are looked into field by field
  readonly body: any;
}

/** Settings that every test shares; change what the test is about. */
export function testConfig(
  urls: { database: string; nats: string; redis: string },
  changes: Readonly<Record<string, string>> = {},
): IngestConfig {
  return loadIngestConfig({
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'silent',
    DATABASE_URL: urls.database,
    NATS_URL: urls.nats,
    REDIS_URL: urls.redis,
    JWKS_URL: 'http://127.0.0.1:1/jwks',
    INGEST_ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64'),
    INGEST_ALLOW_PRIVATE_HOSTS: '127.0.0.1',
    EXTRACTION_THREADS: '0',
    FETCH_TICK_MS: '20',
    HOST_DELAY_MS_MIN: '0',
    JOB_SWEEP_INTERVAL_MS: '50',
    ...changes,
  });
}

/** Starts everything and the service. */
export async function startIngest(
  changes: Readonly<Record<string, string>> = {},
  clock?: Clock,
  options: { readonly ownPostgres?: boolean } = {},
): Promise<IngestFixture> {
  const [database, nats, redis] = await Promise.all([
    startIngestDatabase({ own: options.ownPostgres ?? false }),
    startTestNats(),
    startTestRedis(),
  ]);
  const logger = silentLogger();
  const admin = await connectNats({ url: nats.url, name: 'test', logger });
  await applyStreams(admin, peermeshStreams);
  const config = testConfig({ database: database.appUrl, nats: nats.url, redis: redis.url }, changes);
  const service: IngestService = await buildApp(config, {
    logger,
    jwks: testJwks,
    ...(clock === undefined ? {} : { clock }),
  });
  await service.start();
  const seen = new Map<string, CloudEvent[]>();
  const tails = new Map<string, { stop(): Promise<void> | void }>();
  const published = <E extends EventDefinition>(event: E): CloudEvent<EventData<E>>[] => {
    if (!tails.has(event.type)) {
      seen.set(event.type, []);
      tails.set(
        event.type,
        createTail(
          { nats: admin, events: [event], from: { sequence: 1 }, logger },
          (found) => void seen.get(event.type)?.push(found),
        ),
      );
    }
    return (seen.get(event.type) ?? []) as CloudEvent<EventData<E>>[];
  };
  const token = (claims: TestClaims = {}) => issueTestToken({ role: 'admin', ...claims });
  await waitFor(async () => (await service.app.inject({ url: '/health/ready' })).statusCode === 200, {
    message: 'the service is not ready',
  });
  return {
    app: service.app,
    database,
    nats,
    redis,
    published,
    token,
    outbox: (event) =>
      database.db.system(async (tx) => {
        const { rows } = await tx.client.query<{ body: Buffer }>(
          `select substr(events, at::int, bytes) as body from ingest_outbox,
             lateral (select bytes, sum(bytes) over (order by part) - bytes + 1 as at, part
                        from unnest(sizes) with ordinality as size(bytes, part)) as parts
            where subject = $1 and part % 2 = 0 order by position, part`,
          [event.subject],
        );
        return rows.map(({ body }) => JSON.parse(body.toString('utf8')));
      }),
    call: async (method, path, options = {}) => {
      const bearer = options.token === undefined ? await token(options.claims) : options.token;
      const answer = await service.app.inject({
        method: method as 'GET',
        url: path,
        headers: { ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }), ...options.headers },
        ...(options.body === undefined ? {} : { payload: options.body as object }),
      });
      const isJson = String(answer.headers['content-type'] ?? '').includes('json');
      return { status: answer.statusCode, headers: answer.headers, body: isJson ? answer.json() : answer.body };
    },
    stop: async () => {
      for (const tail of tails.values()) await tail.stop();
      await service.stop();
      await service.app.close();
      await admin.close();
      await Promise.all([database.stop(), nats.stop(), redis.stop()]);
    },
  };
}
