import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compressColumn } from '@peermesh/database';
import { startTestPostgres } from '@peermesh/testkit';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';

test('a column is compressed with LZ4 where the server has it, and stays as it was where not', async (t) => {
  const postgres = await startTestPostgres();
  const target = await postgres.createDatabase({ service: 'search' });
  const db = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: target.ownerUrl }) }),
  });
  t.after(async () => {
    await db.destroy();
    await target.drop();
    await postgres.stop();
  });
  await sql`CREATE TABLE search.search_letters (body text)`.execute(db);
  await compressColumn(db, 'search', 'search_letters', 'body');
  const { rows } = await sql<{ method: string; lz4: boolean }>`
    SELECT a.attcompression AS method, 'lz4' = ANY (s.enumvals) AS lz4
      FROM pg_attribute a, pg_settings s
     WHERE a.attrelid = 'search.search_letters'::regclass AND a.attname = 'body' AND s.name = 'default_toast_compression'`.execute(
    db,
  );
  assert.equal(rows[0]?.method, rows[0]?.lz4 === true ? 'l' : '');
});
