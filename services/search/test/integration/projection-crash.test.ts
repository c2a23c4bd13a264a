import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '@peermesh/testkit';
import pg from 'pg';
import { PgKeywordBackend } from '../../src/adapters/pg/pg-keyword-backend.ts';
import type { VersionedOp } from '../../src/ports.ts';
import { attributesOf } from '../support/domain-samples.ts';
import { startSearchDatabase } from '../support/test-database.ts';

const op = (n: number): VersionedOp => ({
  op: 'upsert',
  tenantId: 'default',
  id: `doc_${n}`,
  version: 1,
  seq: n,
  record: {
    kind: 'doc',
    title: `number ${n}`,
    text: 'the same words',
    attributes: attributesOf('doc'),
    mentions: [],
    embedding: null,
  },
});

async function asAdmin(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

test('a projector that dies in the middle of a batch leaves neither rows nor cursor, and the batch can be applied again', async (t) => {
  const database = await startSearchDatabase({ own: false });
  t.after(() => database.stop());
  const { db } = database;
  const open = async (): Promise<PgKeywordBackend> => {
    const backend = new PgKeywordBackend({ db, generation: 1, mirrorBytesMax: 1 << 24, logger: silentLogger() });
    await backend.refresh();
    return backend;
  };
  const state = async (): Promise<{ cursor: number; rows: number }> => {
    const { rows } = await db.system((tx) =>
      tx.client.query<{ cursor: string; rows: string }>(
        `SELECT (SELECT cursor_seq FROM search.search_backend_generations WHERE kind = 'keyword' AND generation = 1) AS cursor,
                (SELECT count(*) FROM search.search_keyword_records) AS rows`,
      ),
    );
    return { cursor: Number(rows[0]?.cursor), rows: Number(rows[0]?.rows) };
  };
  const first = await open();
  await first.apply([op(1), op(2)], 2);
  assert.deepEqual(await state(), { cursor: 2, rows: 2 });
  await asAdmin(
    database.adminUrl,
    `CREATE FUNCTION search.cut() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
      'BEGIN IF NEW.id = ''doc_4'' THEN RAISE EXCEPTION ''cut'' USING ERRCODE = ''57P01''; END IF; RETURN NEW; END';
     CREATE TRIGGER cut BEFORE INSERT ON search.search_keyword_records FOR EACH ROW EXECUTE FUNCTION search.cut()`,
  );
  await assert.rejects(first.apply([op(3), op(4), op(5)], 5));
  assert.deepEqual(await state(), { cursor: 2, rows: 2 });
  assert.equal(first.watermark(), 2);
  await asAdmin(database.adminUrl, 'DROP TRIGGER cut ON search.search_keyword_records');
  const second = await open();
  await second.apply([op(3), op(4), op(5)], 5);
  await first.refresh();
  assert.deepEqual(await state(), { cursor: 5, rows: 5 });
  for (const backend of [first, second]) {
    const context = { viewer: { tenantId: 'default', principals: ['tenant'] }, signal: t.signal, timeoutMs: 5_000 };
    const { hits, watermark } = await backend.query(
      {
        text: 'same words',
        vector: null,
        seeds: [],
        graph: { maxHops: 1, fanout: 1, edgeTypes: null },
        filter: { matches: null },
        limit: 10,
        facets: [],
        kinds: ['doc'],
        scoreMin: null,
      },
      context,
    );
    assert.deepEqual([hits.map(({ id }) => id), watermark], [['doc_1', 'doc_2', 'doc_3', 'doc_4', 'doc_5'], 5]);
  }
});
