import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bundleOutboxEvents, createOutboxTable, enableTenantIsolation } from '@peermesh/database';
import { startTestPostgres, type TestDatabase, type TestPostgres } from '@peermesh/testkit';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';

let postgres: TestPostgres;
let target: TestDatabase;
let pool: pg.Pool;
let db: Kysely<unknown>;

before(async () => {
  postgres = await startTestPostgres();
  target = await postgres.createDatabase({ service: 'search', services: ['ingest'] });
  pool = new pg.Pool({ connectionString: target.ownerUrl });
  db = new Kysely({ dialect: new PostgresDialect({ pool }) });
});

after(async () => {
  await db.destroy();
  await target.drop();
  await postgres.stop();
});

const shape = async (table: string): Promise<unknown> =>
  (
    await sql`SELECT column_name, data_type, is_nullable, column_default IS NULL AS plain FROM information_schema.columns
               WHERE table_name = ${table} ORDER BY column_name`.execute(db)
  ).rows;

test('an outbox with one event in a row becomes one with bundles, and nothing that waits is lost', async () => {
  await createOutboxTable(db, 'search');
  const wanted = await shape('search_outbox');
  await sql`DROP TABLE search.search_outbox`.execute(db);
  await sql`
    CREATE TABLE search.search_outbox (
      position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      xid bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
      tenant_id text NOT NULL, partition_key text NOT NULL, subject text NOT NULL, stream text NOT NULL,
      headers bytea NOT NULL, body bytea NOT NULL, created_at timestamptz NOT NULL DEFAULT clock_timestamp())`.execute(
    db,
  );
  await sql`CREATE INDEX search_outbox_xid ON search.search_outbox USING brin (xid)`.execute(db);
  await sql`
    INSERT INTO search.search_outbox (tenant_id, partition_key, subject, stream, headers, body)
    SELECT 'red', 'k', 'search.note_taken', 'SEARCH', convert_to('NATS/1.0', 'UTF8'), convert_to('{"n":' || n || '}', 'UTF8')
      FROM generate_series(1, 3) AS n`.execute(db);
  await enableTenantIsolation(db, 'search', 'search_outbox');

  await bundleOutboxEvents(db, 'search');
  assert.deepEqual(await shape('search_outbox'), wanted);
  const { rows } = await sql<{ position: string; sizes: number[]; events: Buffer; is_text: boolean }>`
    SELECT position, sizes, events, is_text FROM search.search_outbox ORDER BY position`.execute(db);
  assert.deepEqual(
    rows.map(({ position, sizes, events, is_text }) => [position, sizes, events.toString(), is_text]),
    [1, 2, 3].map((n) => [String(n), [8, 7], `NATS/1.0{"n":${n}}`, false]),
  );
  const { rows: policies } = await sql`SELECT FROM pg_policies WHERE tablename = 'search_outbox'`.execute(db);
  assert.deepEqual(policies, []);
});

test('an outbox with bundles is left alone', async () => {
  const earlier = await shape('search_outbox');
  await bundleOutboxEvents(db, 'search');
  assert.deepEqual(await shape('search_outbox'), earlier);
});
