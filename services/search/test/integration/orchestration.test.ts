import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newId } from '@peermesh/contracts';
import { type SearchFixture, startSearch } from '../support/start-search.ts';

let search: SearchFixture;
let ids: string[];
before(async () => {
  search = await startSearch();
  ids = await search.index(
    Array.from({ length: 60 }, (_, i) => ({
      title: `Report ${i} on solar storage`,
      text: `Solar storage number ${i} ${i % 2 === 0 ? 'with molten salt' : 'with pumped hydro'}. ${'filler words here '.repeat(i % 7)}`,
      topics: [i % 2 === 0 ? 'salt' : 'hydro'],
      publishedAt: new Date(Date.UTC(2026, i % 12, 1)).toISOString(),
      acl: i % 10 === 9 ? ['role:moderator'] : ['tenant'],
      entities: [{ name: 'Solar Storage Society', type: 'organization' }],
    })),
  );
});
after(() => search.stop());

const fault = (kind: string, body: object) => search.call('PUT', `/api/v1/search/faults/${kind}`, { body });
const idsOf = (body: { results: { id: string }[] }): string[] => body.results.map(({ id }) => id);
const user = { claims: { role: 'user', sub: newId('user') } };

test('a leg that fails, hangs or is slow is named, and the others answer', async () => {
  const query = { query: 'Solar Storage Society molten salt', sources: { time: { enabled: true } }, deadlineMs: 1_500 };
  for (const kind of ['keyword', 'vector', 'graph', 'time']) {
    for (const mode of ['error', 'hang']) {
      await fault(kind, { mode });
      const { status, body, headers } = await search.search(query);
      await fault(kind, { mode: 'none' });
      assert.equal(status, 200);
      assert.ok(body.results.length > 0, `${kind} ${mode}`);
      assert.equal(body.degraded, true);
      assert.deepEqual(
        [body.sources[kind].status, body.sources[kind].reason],
        mode === 'error' ? ['error', 'connection'] : ['timeout', 'deadline'],
      );
      assert.equal(headers['x-peermesh-degraded'], kind);
      assert.ok(body.coverage.weightAnswered < body.coverage.weightRequested);
      assert.ok(body.tookMs < 5_000, `${kind} ${mode} took ${body.tookMs}`);
    }
  }
});

test('the caller decides whether a part is enough', async () => {
  await fault('vector', { mode: 'error' });
  const refused = await search.search({ query: 'solar storage', partial: 'refuse' });
  const required = await search.search({ query: 'solar storage', partial: 'require:[vector]' });
  const enough = await search.search({ query: 'solar storage', partial: 'require:[keyword]' });
  await fault('keyword', { mode: 'error' });
  const nothing = await search.search({ query: 'solar storage' });
  await fault('keyword', { mode: 'none' });
  await fault('vector', { mode: 'none' });
  for (const { status, body, headers } of [refused, required, nothing]) {
    assert.equal(status, 503);
    assert.equal(body.code, 'PM_SEARCH_SOURCES_UNAVAILABLE');
    assert.equal(body.sources.vector.status, 'error');
    assert.match(String(headers['content-type']), /problem\+json/);
  }
  assert.equal(enough.status, 200);
});

test('pages are frozen: none is shown twice, none is left out, and a new document does not move them', async () => {
  const seen: string[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < 10; page += 1) {
    const { status, body } = await search.search(
      { query: 'solar storage', mode: 'keyword', page: { size: 17, cursor } },
      user,
    );
    assert.equal(status, 200, JSON.stringify(body));
    seen.push(...idsOf(body));
    cursor = body.page.next;
    if (page === 0) await search.index([{ title: 'solar storage solar storage', text: 'solar storage' }]);
    if (cursor === null) break;
  }
  assert.equal(seen.length, new Set(seen).size);
  assert.deepEqual([...seen].sort(), ids.filter((_, i) => i % 10 !== 9).sort());
});

test('lists that are frozen in the same moment do not get into each other', async () => {
  const questions = Array.from({ length: 80 }, (_, i) => `solar storage ${i % 2 === 0 ? 'salt' : 'hydro'} report ${i}`);
  const ask = (query: string, page: object) => search.search({ query, mode: 'keyword', page }, user);
  const firsts = await Promise.all(questions.map((query) => ask(query, { size: 3 })));
  const wholes = await Promise.all(questions.map((query) => ask(query, { size: 6 })));
  for (const [i, { body }] of firsts.entries()) {
    const next = await ask(questions[i] as string, { size: 3, cursor: body.page.next });
    assert.equal(next.status, 200, JSON.stringify(next.body));
    assert.deepEqual([...idsOf(body), ...idsOf(next.body)], idsOf(wholes[i]?.body));
  }
});

test('a window that is used up is extended without repeats', async () => {
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const { body } = await search.search(
      { query: 'solar storage', mode: 'keyword', fusion: { window: 10 }, page: { size: 10, cursor } },
      user,
    );
    seen.push(...idsOf(body));
    cursor = body.page.next;
  } while (cursor !== null);
  assert.equal(seen.length, new Set(seen).size);
  assert.ok(seen.length >= 54);
});

test('a cursor is of use only to whom it was given, for the query it was given for, unaltered', async () => {
  const { body } = await search.search({ query: 'solar storage', page: { size: 5 } }, user);
  const cursor: string = body.page.next;
  const again = (changes: object, options: object) =>
    search.search({ query: 'solar storage', page: { size: 5, cursor }, ...changes }, options);
  assert.equal((await again({}, user)).status, 200);
  for (const answer of [
    await again({ query: 'other' }, user),
    await again({}, { claims: { role: 'user', sub: newId('user') } }),
    await again({ page: { cursor: `${cursor.slice(0, -2)}zz` } }, user),
    await again({ page: { cursor: 'nonsense' } }, user),
  ]) {
    assert.deepEqual([answer.status, answer.body.code], [400, 'PM_SEARCH_CURSOR_INVALID']);
  }
  const gone = `${crypto.randomUUID()}.5.${'A'.repeat(43)}`;
  assert.equal((await again({ page: { cursor: gone } }, user)).status, 410);
});

test('results, totals and facets hold only what the caller may read', async () => {
  const query = { query: 'molten pumped', mode: 'keyword', facets: ['topic'], page: { size: 100 } };
  const few = await search.search(query, user);
  const all = await search.search(query, { claims: { role: 'moderator' } });
  assert.deepEqual(
    [few.body.total, all.body.total],
    [
      { value: 54, relation: 'eq', source: 'keyword' },
      { value: 60, relation: 'eq', source: 'keyword' },
    ],
  );
  assert.deepEqual(few.body.facets.topic, {
    values: [
      { value: 'salt', count: 30 },
      { value: 'hydro', count: 24 },
    ],
    exact: true,
    scope: 'matches',
  });
  assert.equal((await search.search(query, { claims: { tenant: 'other', role: 'admin' } })).body.results.length, 0);
  const secret = ids[9] as string;
  assert.equal(
    (await search.search({ query: secret }, user)).body.results.filter((hit: { id: string }) => hit.id === secret)
      .length,
    0,
  );
  assert.equal(
    (await search.search({ query: secret }, { claims: { role: 'moderator' } })).body.results[0].pinned,
    'id',
  );
});

test('filters, phrases and exclusions decide before ranking', async () => {
  const hydro = await search.search(
    { query: 'solar', mode: 'keyword', filters: { field: 'topic', eq: 'hydro' }, page: { size: 100 } },
    user,
  );
  assert.equal(hydro.body.total.value, 24);
  const dated = await search.search({
    query: 'solar',
    filters: { and: [{ field: 'publishedAt', gte: '2026-06-01' }, { not: { field: 'topic', eq: 'salt' } }] },
    page: { size: 100 },
  });
  assert.ok(dated.body.results.every((hit: { publishedAt: string }) => hit.publishedAt >= '2026-06-01'));
  const phrase = await search.search({ query: '"molten salt"', mode: 'keyword', page: { size: 100 } }, user);
  assert.equal(phrase.body.total.value, 30);
  assert.equal((await search.search({ query: '"salt molten"', mode: 'keyword' })).body.results.length, 0);
  const without = await search.search({ query: 'solar -salt', mode: 'keyword', page: { size: 100 } }, user);
  assert.ok(without.body.total.value < 30);
});

test('an exact name or title stands on top, freshness lowers the old, equal contents fold', async () => {
  const twins = await search.index([
    { title: 'Twin', text: 'identical walrus report' },
    { title: 'Twin', text: 'identical walrus report' },
  ]);
  const { body } = await search.search({ query: 'identical walrus', mode: 'keyword' });
  assert.equal(body.results.length, 1);
  assert.deepEqual([body.results[0].id, ...body.results[0].duplicates].sort(), twins.sort());
  assert.equal((await search.search({ query: 'report 7 on solar storage' })).body.results[0].pinned, 'title');
  const fresh = await search.search({ query: 'molten', mode: 'keyword', freshness: { halfLifeDays: 10, floor: 0.1 } });
  assert.ok(fresh.body.results.every((hit: { boosts: { factor: number }[] }) => (hit.boosts[0]?.factor ?? 0) > 0));
});

test('a write is seen by a search that names its place in the log', async () => {
  const created = await search.call('POST', '/api/v1/documents', {
    body: { title: 'Fresh ink', text: 'unmistakable quokka' },
  });
  assert.equal(created.status, 201, JSON.stringify(created.body));
  const { body } = await search.search({ query: 'quokka', minSeq: created.body.sequence });
  assert.equal(body.results[0].id, created.body.id);
  const never = await search.search({ query: 'quokka', minSeq: 9_999_999 });
  assert.deepEqual([never.status, never.body.code, never.body.minSeq], [503, 'PM_SEARCH_NOT_CAUGHT_UP', 9_999_999]);
});

test('what cannot be searched is refused with a reason', async () => {
  const bad: [object, string][] = [
    [{ query: '' }, 'PM_SEARCH_QUERY_INVALID'],
    [{ query: 'x', filters: { field: 'publishedAt', gte: 'soon' } }, 'PM_SEARCH_QUERY_INVALID'],
    [{ query: 'x', filters: { field: 'topic' } }, 'PM_COMMON_VALIDATION_FAILED'],
    [{ query: 'x', filters: { field: 'nonsense', eq: 'a' } }, 'PM_COMMON_VALIDATION_FAILED'],
    [
      { query: 'x', sources: { keyword: { enabled: false }, vector: { enabled: false }, graph: { enabled: false } } },
      'PM_SEARCH_QUERY_INVALID',
    ],
    [{ query: 'x', surprise: 1 }, 'PM_COMMON_VALIDATION_FAILED'],
    [{ query: 5 }, 'PM_COMMON_VALIDATION_FAILED'],
    [{ query: 'x', page: { size: 1000 } }, 'PM_COMMON_VALIDATION_FAILED'],
  ];
  for (const [body, code] of bad) {
    const answer = await search.search(body);
    assert.deepEqual([answer.status, answer.body.code], [400, code], JSON.stringify(body));
  }
  for (const query of ['\u0000', '🦭🦭', '"', '-', '(((', '\ud800', 'a'.repeat(4000), '  ', '" "', '-"x y" z']) {
    const answer = await search.search({ query });
    assert.ok(
      [200, 400].includes(answer.status),
      `${JSON.stringify(query)} ${answer.status} ${JSON.stringify(answer.body)}`,
    );
  }
});

test('trends count what the caller may read', async () => {
  const { status, body } = await search.call(
    'GET',
    '/api/v1/trends?of=topic&windowHours=8760&until=2026-12-31T00:00:00Z',
    user,
  );
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual(
    Object.fromEntries(body.items.map((item: { key: string; count: number }) => [item.key, item.count])),
    { salt: 30, hydro: 24 },
  );
  const trending = await search.search({ query: '', mode: 'trend', page: { size: 5 } });
  assert.equal(trending.status, 200, JSON.stringify(trending.body));
  assert.equal(trending.body.sources.time.status, 'ok');
});
