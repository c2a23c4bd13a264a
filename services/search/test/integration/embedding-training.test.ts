import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Database } from '@peermesh/database';
import { silentLogger } from '@peermesh/testkit';
import { EmbeddingTrainer } from '../../src/workers/embedding-trainer.ts';
import { randomOf } from '../support/domain-samples.ts';
import { startSearchDatabase } from '../support/test-database.ts';

const DOCUMENTS = 300;

async function store(db: Database<unknown>, texts: readonly string[]): Promise<void> {
  await db.system(async (tx) => {
    await tx.client.query('DELETE FROM search.search_documents');
    await tx.client.query(
      `INSERT INTO search.search_documents
         (tenant_id, id, version, text, media_type, content_hash, authors, topics, keyphrases, acl, metadata, seq, created_at, updated_at)
       SELECT 'default', 'doc_' || n, 1, text, 'text/plain', md5(text), '{}', '{}', '{}', '{tenant}', '{}', n, now(), now()
         FROM unnest($1::text[]) WITH ORDINALITY AS given (text, n)`,
      [texts],
    );
  });
}

async function claim(db: Database<unknown>, records: number): Promise<void> {
  await db.pool.query(`UPDATE search.search_backend_generations SET records = $1 WHERE kind = 'vector'`, [records]);
}

function variedTexts(): string[] {
  const random = randomOf(7);
  const syllables = ['ka', 'lo', 'mi', 'ru', 'te', 'sa', 'no', 'vi', 'du', 'pe'];
  const part = (): string => syllables[Math.floor(random() * syllables.length)] as string;
  const words = Array.from({ length: 700 }, () => `${part()}${part()}${part()}x`);
  return Array.from({ length: DOCUMENTS }, () =>
    Array.from({ length: 40 }, () => words[Math.floor(random() * words.length)]).join(' '),
  );
}

test('documents that are too alike to carry a space are looked at again only when there are twice as many', async (t) => {
  const database = await startSearchDatabase();
  t.after(() => database.stop());
  const { db } = database;
  const trainer = new EmbeddingTrainer({ db, logger: silentLogger(), documentsMin: DOCUMENTS, sampleMax: 1_000 });
  await store(
    db,
    Array.from({ length: DOCUMENTS }, (_, n) => `The same forty words and the number ${n} in each of these documents.`),
  );
  await claim(db, DOCUMENTS);
  assert.equal(await trainer.trainWhenDue(), false);
  await store(db, variedTexts());
  await claim(db, DOCUMENTS * 2 - 1);
  assert.equal(await trainer.trainWhenDue(), false);
  await claim(db, DOCUMENTS * 2);
  assert.equal(await trainer.trainWhenDue(), true);
});
