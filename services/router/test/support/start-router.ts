import type { CloudEvent, EventData, EventDefinition } from '@peermesh/contracts';
import { createDatabase, type Database, migrate } from '@peermesh/database';
import { connectNats, createBus, createTail } from '@peermesh/messaging';
import { applyStreams } from '@peermesh/messaging/streams';
import {
  issueTestToken,
  silentLogger,
  startTestNats,
  startTestPostgres,
  startTestRedis,
  type TestClaims,
  type TestDatabase,
  type TestNats,
  type TestRedis,
  testJwks,
  waitFor,
} from '@peermesh/testkit';
import type { FastifyInstance } from 'fastify';
import { buildApp, type RouterService } from '../../src/app.ts';
import { loadRouterConfig, type RouterConfig } from '../../src/config.ts';
import type { Clock } from '../../src/ports.ts';

/** A migrated database of its own. */
export interface RouterTestDatabase {
  readonly db: Database<unknown>;
  readonly urls: TestDatabase;
  stop(): Promise<void>;
}

/** Makes a database as production has it: roles, schema, migrations. */
export async function startRouterDatabase(): Promise<RouterTestDatabase> {
  const postgres = await startTestPostgres();
  const urls = await postgres.createDatabase({ service: 'router' });
  const logger = silentLogger();
  const migrationsDir = new URL('../../src/migrations/', import.meta.url);
  await migrate({ url: urls.ownerUrl, schema: 'router', migrationsDir, logger });
  const db = createDatabase<unknown>({ url: urls.appUrl, schema: 'router', applicationName: 'test', logger });
  return {
    db,
    urls,
    stop: async () => {
      await db.close();
      await urls.drop();
      await postgres.stop();
    },
  };
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

/** A running router with its own database, NATS and Redis. */
export interface RouterFixture {
  readonly app: FastifyInstance;
  readonly database: RouterTestDatabase;
  readonly nats: TestNats;
  readonly redis: TestRedis;
  /** Everything of one kind that was published, oldest first. Ask once before it happens. */
  published<E extends EventDefinition>(event: E): CloudEvent<EventData<E>>[];
  /** Publishes as another service would, through the outbox. */
  emit<E extends EventDefinition>(event: E, items: readonly EventData<E>[], tenantId?: string): Promise<void>;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  stop(): Promise<void>;
}

/** Settings that every test shares; change what the test is about. */
export function testConfig(
  urls: { database: string; nats: string; redis: string },
  changes: Readonly<Record<string, string>> = {},
): Readonly<RouterConfig> {
  return loadRouterConfig({
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'silent',
    DATABASE_URL: urls.database,
    NATS_URL: urls.nats,
    JWKS_URL: 'http://127.0.0.1:1/jwks',
    REDIS_URL: urls.redis,
    ROUTER_THREADS: '2',
    ROUTER_POLL_MS: '20',
    ...changes,
  });
}

/** Starts everything and the service. */
export async function startRouter(
  changes: Readonly<Record<string, string>> = {},
  clock?: Clock,
): Promise<RouterFixture> {
  const [database, nats, redis] = await Promise.all([startRouterDatabase(), startTestNats(), startTestRedis()]);
  const logger = silentLogger();
  const connection = await connectNats({ url: nats.url, name: 'test', logger });
  await applyStreams(connection);
  const config = testConfig({ database: database.urls.appUrl, nats: nats.url, redis: redis.url }, changes);
  const service: RouterService = await buildApp(config, {
    logger,
    jwks: testJwks,
    ...(clock === undefined ? {} : { clock }),
  });
  await service.start();
  // Its relay is never started: the one of the service publishes what it writes.
  const outbox = createBus({
    module: 'router',
    instance: 'test',
    db: database.db,
    databaseUrl: database.urls.appUrl,
    nats: connection,
    logger,
  });
  const seen = new Map<string, CloudEvent[]>();
  const tails: { stop(): Promise<void> }[] = [];
  await waitFor(async () => (await service.app.inject({ url: '/health/ready' })).statusCode === 200, {
    message: 'the service is not ready',
  });
  return {
    app: service.app,
    database,
    nats,
    redis,
    published: <E extends EventDefinition>(event: E) => {
      if (!seen.has(event.type)) {
        const events: CloudEvent[] = [];
        seen.set(event.type, events);
        const from = { sequence: 1 };
        tails.push(createTail({ nats: connection, events: [event], from, logger }, (found) => void events.push(found)));
      }
      return seen.get(event.type) as CloudEvent<EventData<E>>[];
    },
    emit: async (event, items, tenantId = 'default') => {
      await database.db.system((tx) =>
        outbox.publishMany(
          tx,
          event,
          items.map((data) => ({ data, tenantId, partitionKey: 'test' })),
        ),
      );
    },
    call: async (method, path, options = {}) => {
      const bearer = options.token === undefined ? await issueTestToken(options.claims) : options.token;
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
      for (const tail of tails) await tail.stop();
      await service.stop();
      await service.app.close();
      await connection.close();
      await Promise.all([database.stop(), nats.stop(), redis.stop()]);
    },
  };
}
