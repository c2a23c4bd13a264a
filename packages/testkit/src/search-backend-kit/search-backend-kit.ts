import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { asker, type KitDocument, question, removal, upserts } from './samples.ts';
import type { KitBackend, KitResult, SearchBackendSubject } from './types.ts';

const named = (count: number, changes: Omit<KitDocument, 'id'> = {}): KitDocument[] =>
  Array.from({ length: count }, (_, i) => ({ id: `doc_${String(i).padStart(5, '0')}`, ...changes }));
const idsOf = (result: KitResult): string[] => result.hits.map(({ id }) => id);
const isSorted = (result: KitResult): boolean =>
  result.hits.every((hit, i) => {
    const before = result.hits[i - 1];
    return before === undefined || before.raw > hit.raw || (before.raw === hit.raw && before.id < hit.id);
  });

/**
 * The promises of a search backend, run against one implementation. Every case makes its own backend and closes it. What
 * a backend says that it cannot do (`capabilities`, no `reopen`) is skipped.
 */
export function searchBackendKit(subject: SearchBackendSubject): void {
  const promise = (title: string, run: (backend: KitBackend) => Promise<void>): void => {
    test(`${subject.name}: ${title}`, async () => {
      const backend = await subject.create();
      try {
        await run(backend);
      } finally {
        await backend.close();
      }
    });
  };
  const store = (backend: KitBackend, documents: readonly KitDocument[], seq = 1) => {
    const ops = upserts(subject, documents, seq);
    return backend.apply(ops, seq + ops.length);
  };

  promise('an empty backend answers with nothing', async (backend) => {
    const result = await backend.query(question(subject), asker());
    assert.deepEqual([result.hits, result.total], [[], 0]);
    assert.equal((await backend.stats()).count, 0);
  });

  promise('finds what was applied, best first, ties in order of id', async (backend) => {
    await store(backend, named(5));
    const result = await backend.query(question(subject), asker());
    assert.deepEqual(
      idsOf(result),
      named(5).map(({ id }) => id),
    );
    assert.ok(isSorted(result));
    assert.equal(result.watermark, backend.watermark());
  });

  promise('newer versions win in any order, and replays change nothing', async (backend) => {
    const versions = [2, 4, 1, 3, 4];
    for (const [i, version] of versions.entries()) {
      const { applied } = await backend.apply(
        upserts(subject, [{ id: 'doc_a', version, word: `word${version}` }], 10 * i).slice(1),
        10 * i + 2,
      );
      assert.equal(applied, i < 2 ? 1 : 0, `version ${version}`);
    }
    assert.equal((await backend.get('kit', ['doc_a'])).get('doc_a'), 4);
  });

  promise('several versions in one batch leave the newest', async (backend) => {
    await store(backend, [
      { id: 'doc_a', version: 1 },
      { id: 'doc_a', version: 3 },
      { id: 'doc_a', version: 2 },
    ]);
    assert.equal((await backend.get('kit', ['doc_a'])).get('doc_a'), 3);
    assert.deepEqual(idsOf(await backend.query(question(subject), asker())), ['doc_a']);
  });

  promise('a tombstone is not undone by a late upsert, but by a newer one', async (backend) => {
    await store(backend, [{ id: 'doc_a', version: 1 }]);
    await backend.apply([removal('doc_a', 2, 10)], 10);
    assert.deepEqual(idsOf(await backend.query(question(subject), asker())), []);
    await store(backend, [{ id: 'doc_a', version: 2 }], 20);
    await store(backend, [{ id: 'doc_a', version: 1 }], 30);
    assert.deepEqual(idsOf(await backend.query(question(subject), asker())), []);
    await backend.apply([removal('doc_never', 7, 40)], 40);
    await store(backend, [{ id: 'doc_never', version: 7 }], 50);
    assert.equal((await backend.get('kit', ['doc_a', 'doc_never'])).size, 0);
    await store(backend, [{ id: 'doc_a', version: 3 }], 60);
    assert.deepEqual(idsOf(await backend.query(question(subject), asker())), ['doc_a']);
  });

  promise('access rules act before ranking: scores and places do not tell of what is hidden', async (backend) => {
    await store(backend, named(40, { acl: ['user:usr_kit'] }));
    await store(backend, [{ id: 'doc_open', acl: ['tenant'] }], 100);
    const open = await backend.query(question(subject, { limit: 3 }), asker(['tenant']));
    assert.deepEqual([idsOf(open), open.total], [['doc_open'], 1]);
    const all = await backend.query(question(subject, { limit: 100 }), asker(['tenant', 'user:usr_kit']));
    assert.equal(all.hits.length, 41);
    // Trends are counted anew for each viewer; the other legs score against the whole tenant.
    if (backend.kind === 'time') return;
    const raw = all.hits.find(({ id }) => id === 'doc_open')?.raw ?? 0;
    assert.ok(Math.abs(raw - (open.hits[0]?.raw ?? 0)) < 1e-5);
  });

  promise('who is on no list sees nothing', async (backend) => {
    await store(backend, [...named(3, { acl: ['user:usr_kit'] }), { id: 'doc_open' }]);
    assert.deepEqual(idsOf(await backend.query(question(subject), asker(['user:usr_other']))), []);
  });

  promise('tenants do not see each other', async (backend) => {
    await store(backend, [
      { id: 'doc_a', tenantId: 'one' },
      { id: 'doc_a', tenantId: 'two', version: 5 },
    ]);
    assert.deepEqual(idsOf(await backend.query(question(subject), asker(['tenant'], 'one'))), ['doc_a']);
    assert.deepEqual(idsOf(await backend.query(question(subject), asker(['tenant'], 'three'))), []);
    assert.equal((await backend.get('one', ['doc_a'])).get('doc_a'), 1);
    await backend.apply([removal('doc_a', 6, 20, 'two')], 20);
    assert.deepEqual(idsOf(await backend.query(question(subject), asker(['tenant'], 'one'))), ['doc_a']);
  });

  promise('filters act before the limit', async (backend) => {
    await store(backend, [...named(50), { id: 'doc_rare', topic: 'rare' }]);
    const filter = { matches: (_id: string, { topics }: { topics: string[] }) => topics.includes('rare') };
    assert.deepEqual(idsOf(await backend.query(question(subject, { filter, limit: 2 }), asker())), ['doc_rare']);
  });

  promise('a smaller limit gives the beginning of a larger one', async (backend) => {
    await store(backend, named(30));
    const few = await backend.query(question(subject, { limit: 7 }), asker());
    const many = await backend.query(question(subject, { limit: 30 }), asker());
    assert.deepEqual(idsOf(few), idsOf(many).slice(0, 7));
  });

  promise('stops within 50 ms of an abort', async (backend) => {
    await store(backend, named(10));
    await assert.rejects(
      backend.query(question(subject), asker(['tenant'], 'kit', AbortSignal.abort(new Error('enough')))),
      /enough/,
    );
    const controller = new AbortController();
    const running = backend.query(question(subject), asker(['tenant'], 'kit', controller.signal));
    controller.abort(new Error('enough'));
    const startedAt = performance.now();
    await running.catch((error: unknown) => assert.match(String(error), /enough/));
    assert.ok(performance.now() - startedAt < 50);
  });

  promise('takes any script', async (backend) => {
    const words = ['été', 'Ελλάδα', '日本語', 'مرحبا', '🦭zeal', "O'Brien"];
    for (const [i, word] of words.entries()) {
      await store(backend, [{ id: `doc_${i}`, word, tenantId: `script${i}` }], 10 * i + 1);
      assert.deepEqual(
        idsOf(await backend.query(question(subject, {}, word), asker(['tenant'], `script${i}`))),
        [`doc_${i}`],
        word,
      );
    }
  });

  promise('the watermark only grows', async (backend) => {
    await backend.apply([], 5);
    await backend.apply([], 9);
    await backend.apply([], 3);
    assert.equal(backend.watermark(), 9);
    assert.equal((await backend.stats()).watermark, 9);
  });

  promise('counts and hashes are those of the records', async (backend) => {
    await store(backend, [...named(20), { id: 'doc_gone' }]);
    await backend.apply([removal('doc_gone', 2, 50)], 50);
    const { holds } = backend.capabilities();
    const expected = named(20).map(({ id }) => ({ id, version: 1 }));
    if (holds.includes('entity')) expected.push({ id: 'ent_common', version: 1 });
    const { count, bucketHashes } = await backend.stats();
    assert.equal(count, expected.length);
    assert.deepEqual(bucketHashes, expectedHashes(expected));
  });

  promise('applies a large batch', async (backend) => {
    const size = subject.largeBatch ?? 10_000;
    const { applied } = await store(backend, named(size));
    assert.ok(applied >= size);
    const result = await backend.query(question(subject, { limit: 50 }), asker());
    assert.equal(result.hits.length, 50);
    assert.ok(isSorted(result));
  });

  const { reopen } = subject;
  if (reopen === undefined) return;
  promise('survives a restart', async (backend) => {
    await store(backend, named(12));
    await backend.apply([removal('doc_00003', 2, 50)], 50);
    const again = await reopen(backend);
    await again.refresh();
    assert.equal(again.watermark(), 50);
    assert.deepEqual(
      idsOf(await again.query(question(subject, { limit: 20 }), asker())),
      idsOf(await backend.query(question(subject, { limit: 20 }), asker())),
    );
    assert.equal((await store(again, [{ id: 'doc_00003', version: 2 }], 60)).applied, 0);
    await again.close();
  });

  promise('two replicas on one store agree', async (backend) => {
    const other = await reopen(backend);
    await store(backend, named(6));
    await other.refresh();
    assert.deepEqual(
      idsOf(await other.query(question(subject), asker())),
      idsOf(await backend.query(question(subject), asker())),
    );
    await other.close();
  });
}

/** The same hashes by other means: bucket by the first six bits, XOR of the first eight bytes of MD5. */
function expectedHashes(records: readonly { readonly id: string; readonly version: number }[]): bigint[] {
  const md5 = (text: string): bigint => createHash('md5').update(text).digest().readBigUInt64BE(0);
  const buckets = Array.from({ length: 64 }, () => 0n);
  for (const { id, version } of records) {
    const bucket = Number(md5(`kit/${id}`) >> 58n);
    buckets[bucket] = (buckets[bucket] ?? 0n) ^ md5(`kit/${id}/${version}`);
  }
  return buckets;
}
