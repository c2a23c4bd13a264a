import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idf, termScore } from '../../src/domain/keyword/bm25.ts';
import { KeywordIndex } from '../../src/domain/keyword/keyword-index.ts';
import { termVectorOf } from '../../src/domain/keyword/term-vector.ts';
import { parseQuery } from '../../src/domain/query/parse-query.ts';
import type { AttributeFilter } from '../../src/ports.ts';
import { attributesOf, randomOf } from '../support/domain-samples.ts';

const EVERYTHING: AttributeFilter = { matches: null };
const ACLS = [['tenant'], ['role:moderator'], ['user:u1', 'tenant']] as const;
const PARAMETERS = { k1: 1.2, b: 0.75 };

interface Entry {
  readonly id: string;
  readonly text: string;
  readonly acl: readonly string[];
  readonly year: number;
}

/** Words by Zipf's law, so that some lists are far longer than what is scored whole. */
function entries(count: number, seed: number): Entry[] {
  const random = randomOf(seed);
  return Array.from({ length: count }, (_, i) => ({
    id: `doc_${(i * 7919) % count}`,
    text: Array.from({ length: 5 + Math.floor(random() * 40) }, () => `w${Math.floor(2_000 ** random())}`).join(' '),
    acl: ACLS[Math.floor(random() * ACLS.length)] ?? ACLS[0],
    year: 2000 + Math.floor(random() * 20),
  }));
}

function fill(index: KeywordIndex, all: readonly Entry[]): void {
  for (const { id, text, acl, year } of all) {
    index.put(id, { ...attributesOf('doc'), acl, publishedAt: Date.UTC(year) }, termVectorOf('', text));
  }
}

/** Scores every entry by the formula. */
function exact(all: readonly Entry[], query: string, passes: (entry: Entry) => boolean): { id: string; raw: number }[] {
  const vectors = all.map((entry) => ({ entry, vector: termVectorOf('', entry.text) }));
  const average = vectors.reduce((sum, { vector }) => sum + vector.length, 0) / vectors.length;
  const terms = [...parseQuery(query).terms].map(([term, count]) => {
    const frequency = vectors.filter(({ vector }) => vector.terms.includes(term)).length;
    return { term, weight: count * idf(frequency, all.length) };
  });
  return vectors
    .filter(({ entry }) => passes(entry))
    .map(({ entry, vector }) => {
      let raw = 0;
      for (const { term, weight } of terms) {
        const at = vector.terms.indexOf(term);
        if (at >= 0) raw += termScore(weight, vector.frequencies[at] ?? 0, vector.length, average, PARAMETERS);
      }
      return { id: entry.id, raw };
    })
    .filter(({ raw }) => raw > 0)
    .sort((a, b) => b.raw - a.raw || (a.id < b.id ? -1 : 1));
}

const QUERIES = ['w1 w2 w3', 'w1 w900', 'w40 w41 w7 w2', 'w1999 w1500 w1', 'w5', 'w300 w301 w302 w2 w1', 'w1 w1 w777'];

test('skipping postings leaves the best and their scores as the formula has them', () => {
  const all = entries(2_500, 11);
  const index = new KeywordIndex(PARAMETERS);
  fill(index, all);
  let skipped = 0;
  for (const query of QUERIES) {
    const wanted = exact(all, query, () => true);
    for (const limit of [1, 10, 100]) {
      const found = index.search({
        parsed: parseQuery(query),
        allows: () => true,
        filter: EVERYTHING,
        limit,
        facets: [],
      });
      assertSame(found.hits, wanted.slice(0, limit), `${query} @ ${limit}`);
      assert.ok(found.exhaustive ? found.total === wanted.length : found.total <= wanted.length, query);
      if (!found.exhaustive) skipped += 1;
    }
  }
  assert.ok(skipped > QUERIES.length, `postings were skipped in only ${skipped} searches`);
});

test('access rules and filters are met before the best are chosen, with postings skipped', () => {
  const all = entries(2_500, 12);
  const index = new KeywordIndex(PARAMETERS);
  fill(index, all);
  const allows = (acl: readonly string[]): boolean => acl.includes('role:moderator');
  const since = Date.UTC(2015);
  const filter: AttributeFilter = { matches: (_, attributes) => (attributes.publishedAt ?? 0) >= since };
  for (const query of QUERIES) {
    const found = index.search({ parsed: parseQuery(query), allows, filter, limit: 20, facets: [] });
    const wanted = exact(all, query, ({ acl, year }) => allows(acl) && year >= 2015);
    assertSame(found.hits, wanted.slice(0, 20), query);
  }
});

test('what was removed or replaced is neither found nor counted, also after the ordinals were renumbered', () => {
  const all = entries(2_500, 13);
  const index = new KeywordIndex(PARAMETERS);
  fill(index, all);
  const kept = all.filter((_, i) => i % 3 === 0);
  for (const [i, { id }] of all.entries()) if (i % 3 !== 0) assert.ok(index.remove(id));
  const replaced = { ...(kept[0] as Entry), text: 'w1 unheard' };
  fill(index, [replaced]);
  const now = [replaced, ...kept.slice(1)];
  assert.equal(index.size, kept.length);
  const found = index.search({
    parsed: parseQuery('unheard'),
    allows: () => true,
    filter: EVERYTHING,
    limit: 5,
    facets: [],
  });
  assert.deepEqual(
    found.hits.map(({ id }) => id),
    [replaced.id],
  );
  for (const query of QUERIES) {
    const result = index.search({
      parsed: parseQuery(query),
      allows: () => true,
      filter: EVERYTHING,
      limit: 10,
      facets: [],
    });
    const ids = new Set(now.map(({ id }) => id));
    assert.ok(result.hits.every(({ id }) => ids.has(id)));
  }
});

test('facets, phrases and exclusions look at every match', () => {
  const all = entries(1_500, 14);
  const index = new KeywordIndex(PARAMETERS);
  fill(index, all);
  const search = (query: string, facets: readonly 'type'[] = []) =>
    index.search({ parsed: parseQuery(query), allows: () => true, filter: EVERYTHING, limit: 10, facets });
  const wanted = exact(all, 'w1 w2', () => true).length;
  const counted = search('w1 w2', ['type']);
  assert.equal(counted.exhaustive, true);
  assert.equal(counted.total, wanted);
  assert.equal(counted.facets.get('type')?.get('doc'), wanted);
  const without = search('w1 -w2');
  assert.equal(without.total, exact(all, 'w1', ({ text }) => !text.split(' ').includes('w2')).length);
  const both = (text: string): boolean => text.split(' ').includes('w1') && text.split(' ').includes('w3');
  assert.equal(search('"w1 w3"').total, all.filter(({ text }) => both(text)).length);
  assert.equal(search('"w1 nowhere"').total, 0);
});

function assertSame(
  found: readonly { id: string; raw: number }[],
  wanted: readonly { id: string; raw: number }[],
  message: string,
): void {
  assert.equal(found.length, wanted.length, message);
  found.forEach((hit, i) => {
    const other = wanted[i] as { id: string; raw: number };
    assert.ok(Math.abs(hit.raw - other.raw) < 1e-4 * other.raw, `${message}: rank ${i + 1}`);
  });
  const edge = (wanted.at(-1)?.raw ?? 0) * 1.0001;
  const clear = wanted.filter(({ raw }) => raw > edge).map(({ id }) => id);
  const ids = new Set(found.map(({ id }) => id));
  assert.ok(
    clear.every((id) => ids.has(id)),
    message,
  );
}
