import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '@peermesh/testkit';
import pg from 'pg';
import { STALE_AFTER_MS } from '../../src/domain/log-progress.ts';
import { startSearch } from '../support/start-search.ts';

test('a leg that misses what was written long ago answers, and is called stale until it has caught up', async (t) => {
  let ahead = 0;
  const search = await startSearch({}, { now: () => Date.now() + ahead });
  t.after(() => search.stop());
  await search.index([{ title: 'early wind', text: 'early wind' }]);
  const ask = async () => {
    const { status, body } = await search.search({ query: 'wind', deadlineMs: 5_000 });
    assert.equal(status, 200);
    return { keyword: body.sources.keyword, vector: body.sources.vector.status, count: body.results.length, body };
  };
  assert.equal((await ask()).keyword.status, 'ok');
  const holder = new pg.Client({ connectionString: search.database.adminUrl });
  await holder.connect();
  await holder.query(`BEGIN; SELECT 1 FROM search.search_backend_generations WHERE kind = 'keyword' FOR UPDATE`);
  const written = await search.call('POST', '/api/v1/documents', { body: { title: 'late wind', text: 'late wind' } });
  assert.equal(written.status, 201);
  const held = await waitFor(
    async () => {
      ahead += STALE_AFTER_MS / 4;
      const answer = await ask();
      return answer.keyword.status === 'stale' ? answer : null;
    },
    { timeoutMs: 30_000, message: 'the keyword leg was never called stale' },
  );
  assert.equal(held.keyword.reason, 'behind');
  assert.equal(held.body.degraded, true);
  assert.ok(held.body.warnings.includes('keyword_stale'));
  assert.equal(held.body.coverage.weightAnswered, held.body.coverage.weightRequested);
  await holder.end();
  await search.settled();
  await waitFor(async () => (await ask()).keyword.status === 'ok', { message: 'the keyword leg stayed stale' });
  assert.equal((await ask()).count, 2);
});
