import type { EventData, EventDefinition } from '@peermesh/contracts';
import { issueTestToken, silentLogger, type TestClaims, testJwks } from '@peermesh/testkit';
import { type ServerUrls, type ServiceFixture, startTestService } from '@peermesh/testkit/service';
import type { IngestSchema } from '../../src/adapters/pg/schema.ts';
import { buildApp, type IngestService } from '../../src/app.ts';
import { type IngestConfig, loadIngestConfig } from '../../src/config.ts';
import type { Clock } from '../../src/ports.ts';
import { MIGRATIONS } from './test-database.ts';

/** A running ingest service with its own database, NATS and Redis; calls are an administrator's. */
export interface IngestFixture extends ServiceFixture<IngestService, IngestSchema> {
  /** Everything of one kind that is in the outbox: the work queue can only be read by its workers. */
  outbox<E extends EventDefinition>(event: E): Promise<EventData<E>[]>;
  token(claims?: TestClaims): Promise<string>;
}

/** Starts everything and the service. */
export async function startIngest(
  changes: Readonly<Record<string, string>> = {},
  clock: Clock = () => new Date(),
  options: { readonly ownPostgres?: boolean } = {},
): Promise<IngestFixture> {
  const fixture = await startTestService<IngestService, IngestSchema>({
    ...options,
    name: 'ingest',
    migrations: MIGRATIONS,
    caller: { role: 'admin' },
    build: (urls) => buildApp(configOf(urls, changes), { logger: silentLogger(), jwks: testJwks, clock }),
  });
  return {
    ...fixture,
    token: (claims = {}) => issueTestToken({ role: 'admin', ...claims }),
    outbox: (event) =>
      fixture.database.db.system(async (tx) => {
        const { rows } = await tx.client.query<{ body: Buffer }>(
          `select substr(events, at::int, bytes) as body from ingest_outbox,
             lateral (select bytes, sum(bytes) over (order by part) - bytes + 1 as at, part
                        from unnest(sizes) with ordinality as size(bytes, part)) as parts
            where subject = $1 and part % 2 = 0 order by position, part`,
          [event.subject],
        );
        return rows.map(({ body }) => JSON.parse(body.toString('utf8')));
      }),
  };
}

function configOf(urls: ServerUrls, changes: Readonly<Record<string, string>>): IngestConfig {
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
