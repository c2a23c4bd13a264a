import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newId } from '@peermesh/contracts';
import { resolveItems } from '../../src/adapters/pg/item-store.ts';
import { finishJobs, insertJobs, lockStaleJobs } from '../../src/adapters/pg/job-store.ts';
import { createQuotaStore } from '../../src/adapters/pg/quota-store.ts';
import { claimDueSources, holdsLease } from '../../src/adapters/pg/source-queue.ts';
import { prepareSubmission } from '../../src/domain/intake.ts';
import { createQuotaLedger } from '../../src/usecases/quota-ledger.ts';
import { type IngestTestDatabase, startIngestDatabase } from '../support/test-database.ts';

let database: IngestTestDatabase;
before(async () => {
  database = await startIngestDatabase();
});
after(() => database.stop());

const NOW = new Date('2026-11-21T06:00:00Z');
const prepare = (itemKey: string, body: string) => prepareSubmission({ itemKey, body }, NOW);
const resolve = (tenant: string, ...items: ReturnType<typeof prepare>[]) =>
  database.db.tenant(tenant, (tx) => resolveItems(tx, tenant, items));

test('gives one identity to an item over its versions and tells duplicates', async () => {
  const tenant = newId('user');
  const [first] = await resolve(tenant, prepare('k', 'one'));
  const [again] = await resolve(tenant, prepare('k', 'one'));
  const [changed] = await resolve(tenant, prepare('k', 'two'));
  assert.deepEqual([first?.version, first?.isDuplicate], [1, false]);
  assert.deepEqual([again?.contentId, again?.version, again?.isDuplicate], [first?.contentId, 1, true]);
  assert.deepEqual([changed?.documentId, changed?.version, changed?.isDuplicate], [first?.documentId, 2, false]);
  assert.notEqual(changed?.contentId, first?.contentId);
});

test('handles the same item several times in one batch, in order', async () => {
  const results = await resolve(
    newId('user'),
    prepare('k', 'a'),
    prepare('other', 'x'),
    prepare('k', 'a'),
    prepare('k', 'b'),
  );
  assert.deepEqual(
    results.map(({ version, isDuplicate }) => [version, isDuplicate]),
    [
      [1, false],
      [1, false],
      [1, true],
      [2, false],
    ],
  );
  assert.equal(new Set(results.map(({ documentId }) => documentId)).size, 2);
});

test('lets exactly one of many concurrent submissions of an item win', async () => {
  const tenant = newId('user');
  const keys = Array.from({ length: 20 }, (_, index) => `k${index}`);
  const batches = await Promise.all(
    Array.from({ length: 8 }, (_, batch) =>
      resolve(tenant, ...(batch % 2 === 0 ? keys : [...keys].reverse()).map((key) => prepare(key, 'same'))),
    ),
  );
  const fresh = batches.flat().filter(({ isDuplicate }) => !isDuplicate);
  assert.equal(fresh.length, keys.length);
  assert.equal(new Set(batches.flat().map(({ documentId }) => documentId)).size, keys.length);
});

test('keeps tenants apart', async () => {
  const [a, b] = [newId('user'), newId('user')];
  const [first] = await resolve(a, prepare('k', 'same'));
  const [second] = await resolve(b, prepare('k', 'same'));
  assert.notEqual(first?.documentId, second?.documentId);
  const { rows } = await database.db.tenant(b, (tx) => tx.client.query('select distinct tenant_id from ingest_items'));
  assert.deepEqual(rows, [{ tenant_id: b }]);
});

test('finishes a job once, and only for its own tenant', async () => {
  const tenantId = newId('user');
  const job = { jobId: newId('job'), contentId: newId('content'), documentId: newId('document') };
  await database.db.tenant(tenantId, (tx) => insertJobs(tx, tenantId, [job], NOW, NOW));
  const finish = (tenant: string) =>
    database.db.system((tx) =>
      finishJobs(tx, { state: 'done', code: null, detail: null, at: NOW }, [{ tenantId: tenant, jobId: job.jobId }]),
    );
  assert.equal((await finish('somebody-else')).size, 0);
  const results = await Promise.all([finish(tenantId), finish(tenantId), finish(tenantId)]);
  assert.equal(results.filter((finished) => finished.has(job.jobId)).length, 1);
  const stale = await database.db.system((tx) => lockStaleJobs(tx, new Date(NOW.getTime() + 1), 1000));
  assert.ok(!stale.some(({ jobId }) => jobId === job.jobId));
});

async function addSources(tenantId: string, count: number, dueAt: Date): Promise<void> {
  await database.db.tenant(tenantId, (tx) =>
    tx.client.query(
      `insert into ingest_sources (tenant_id, source_id, kind, name, url, schedule, topics, acl, min_interval_seconds, items_per_fetch_max,
         respect_robots, state, next_fetch_at, created_at, updated_at)
       select $1, 'src_' || md5($1 || n), 'feed', 'n', 'http://x/', '{"type":"manual"}', '[]', '["tenant"]', 60, 10, true, 'active',
         $3::timestamptz + make_interval(secs => n), now(), now() from generate_series(1, $2::int) n`,
      [tenantId, count, dueAt],
    ),
  );
}

test('takes turns between tenants however many sources they have', async () => {
  const [big, small] = [`big-${newId('user')}`, `small-${newId('user')}`];
  const now = new Date('2026-11-21T08:00:00Z');
  await addSources(big, 500, new Date('2026-11-21T06:00:00Z'));
  await addSources(small, 3, new Date('2026-11-21T07:00:00Z'));
  const claimed = await claimDueSources(database.db, now, 10, 60_000);
  assert.equal(claimed.filter(({ tenant_id }) => tenant_id === small).length, 3);
  assert.equal(claimed.filter(({ tenant_id }) => tenant_id === big).length, 7);
});

test('leases a source to one claimer, and voids its lease when it expires', async () => {
  const tenant = `lease-${newId('user')}`;
  await database.db.system((tx) => tx.client.query('delete from ingest_sources'));
  const now = new Date('2026-11-21T09:00:00Z');
  await addSources(tenant, 40, new Date('2026-11-21T08:00:00Z'));
  const claims = await Promise.all(Array.from({ length: 8 }, () => claimDueSources(database.db, now, 10, 60_000)));
  const ids = claims.flat().map(({ source_id }) => source_id);
  assert.equal(new Set(ids).size, ids.length);
  const [late] = claims.flat();
  assert.ok(late !== undefined);
  const rest = await claimDueSources(database.db, new Date(now.getTime() + 30_000), 100, 60_000);
  assert.equal(rest.length + ids.length, 40);
  const expired = await claimDueSources(database.db, new Date(now.getTime() + 61_000), 100, 60_000);
  assert.equal(expired.length, ids.length);
  assert.equal(await database.db.system((tx) => holdsLease(tx, late)), false);
  const renewed = expired.find(({ source_id }) => source_id === late.source_id);
  assert.ok(renewed !== undefined && (await database.db.system((tx) => holdsLease(tx, renewed))));
});

test('counts intake per tenant and day and refuses beyond the quota', async () => {
  let now = new Date('2026-11-21T23:59:00Z');
  const store = createQuotaStore(database.db, { itemsPerDay: 10, bytesPerDay: 1000, sourcesMax: 5 });
  const [a, b] = [createQuotaLedger(store, () => now), createQuotaLedger(store, () => now)];
  const tenant = newId('user');
  await a.assertRoom(tenant, 6, 10);
  a.count(tenant, 6, 10);
  await assert.rejects(a.assertRoom(tenant, 5, 10), { code: 'PM_INGEST_QUOTA_EXCEEDED' });
  await a.flush();
  await b.assertRoom(tenant, 4, 10);
  await assert.rejects(b.assertRoom(tenant, 1, 991), { code: 'PM_INGEST_QUOTA_EXCEEDED' });
  assert.equal((await b.read(tenant)).itemsToday, 6);
  now = new Date('2026-11-22T00:00:00Z');
  await a.assertRoom(tenant, 10, 1000);
});
