import type { EventData, EventDefinition } from '@peermesh/contracts';
import { issueTestToken, silentLogger, type TestClaims, testJwks } from '@peermesh/testkit';
import { type ServiceFixture, startTestService } from '@peermesh/testkit/service';
import type { IngestSchema } from '../../src/adapters/pg/schema.ts';
import { buildApp } from '../../src/app.ts';
import { loadIngestConfig } from '../../src/config.ts';
import type { Clock } from '../../src/ports.ts';
import { MIGRATIONS } from './test-database.ts';

/** A running ingest service with its own database, NATS and Redis; calls are an administrator's. */
export interface IngestFixture extends ServiceFixture<IngestSchema> {
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
  const fixture = await startTestService<IngestSchema>({
    ...options,
    name: 'ingest',
    migrations: MIGRATIONS,
    caller: { role: 'admin' },
    build: (env) => {
      const config = loadIngestConfig({
        ...env,
        INGEST_ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64'),
        INGEST_ALLOW_PRIVATE_HOSTS: '127.0.0.1',
        EXTRACTION_THREADS: '0',
        FETCH_TICK_MS: '20',
        HOST_DELAY_MS_MIN: '0',
        JOB_SWEEP_INTERVAL_MS: '50',
        ...changes,
      });
      return buildApp(config, { logger: silentLogger(), jwks: testJwks, clock });
    },
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
