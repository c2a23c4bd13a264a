import type { FilterField } from '@peermesh/contracts/search';
import type { Transaction } from '@peermesh/database';
import { BM25_DEFAULTS, idf, termScore } from '../../domain/keyword/bm25.ts';
import { holdsPhrases } from '../../domain/keyword/phrases.ts';
import { accessOf } from '../../domain/query/access.ts';
import { valuesOf } from '../../domain/query/filters.ts';
import { parseQuery } from '../../domain/query/parse-query.ts';
import type { LegHit, LegQuery, LegResult, RecordAttributes, Viewer } from '../../ports.ts';
import { readPostings, readTail, unpackWide } from './keyword-postings.ts';
import { readTexts } from './record-texts.ts';

const RESCORED_MAX = 2_000;

interface Candidate {
  readonly id: string;
  readonly attributes: RecordAttributes;
  readonly length: number;
  readonly terms: string;
  readonly frequencies: Buffer;
}

/**
 * The keyword leg straight from its tables, for when the mirror is loading or does not fit into memory: postings of
 * highest impact, then an exact score of the best 2,000.
 */
export async function queryKeywordTables(
  tx: Transaction<unknown>,
  generation: number,
  query: LegQuery,
  viewer: Viewer,
  watermark: number,
): Promise<LegResult> {
  const hits: LegHit[] = [];
  const facets = new Map(query.facets.map((field) => [field, new Map<string, number>()]));
  let exhaustive = true;
  let total = 0;
  for (const kind of query.kinds) {
    const found = await queryKind(tx, { generation, tenantId: viewer.tenantId, kind }, query, viewer);
    hits.push(...found.hits);
    exhaustive &&= found.exhaustive;
    total += found.hits.length;
  }
  hits.sort((a, b) => b.raw - a.raw || (a.id < b.id ? -1 : 1));
  for (const hit of hits) {
    for (const [field, counts] of facets) {
      for (const value of valuesOf(field, hit.id, hit.attributes))
        counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
    }
  }
  return {
    hits: hits.slice(0, query.limit),
    exhaustive,
    partial: false,
    watermark,
    total,
    facets: exhaustive ? facets : NO_FACETS,
  };
}

const NO_FACETS: ReadonlyMap<FilterField, Map<string, number>> = new Map();

async function queryKind(
  tx: Transaction<unknown>,
  scope: { readonly generation: number; readonly tenantId: string; readonly kind: string },
  query: LegQuery,
  viewer: Viewer,
): Promise<{ hits: LegHit[]; exhaustive: boolean }> {
  const parsed = parseQuery(query.text);
  const { rows: statistics } = await tx.client.query<{ records: string; length_sum: string }>(
    'SELECT records, length_sum FROM search.search_keyword_statistics WHERE generation = $1 AND tenant_id = $2 AND kind = $3',
    [scope.generation, scope.tenantId, scope.kind],
  );
  const records = Number(statistics[0]?.records ?? 0);
  if (records === 0 || parsed.terms.size === 0) return { hits: [], exhaustive: true };
  const average = Number(statistics[0]?.length_sum ?? 0) / records;
  const terms = [...parsed.terms.keys()];
  const lists = await readPostings(tx, scope, terms);
  const tail = await readTail(tx, scope, terms);
  const documentFrequency = (term: string): number =>
    (lists.get(term)?.frequency ?? 0) + tail.filter(({ frequencies }) => frequencies.has(term)).length;
  const weights = new Map(
    terms.map((term) => [term, (parsed.terms.get(term) ?? 1) * idf(documentFrequency(term), records)]),
  );
  const rough = new Map<number, number>();
  for (const [term, { packed }] of lists) {
    for (const posting of packed) {
      const { ord, frequency } = unpackWide(posting);
      rough.set(ord, (rough.get(ord) ?? 0) + ((weights.get(term) ?? 0) * frequency) / (frequency + BM25_DEFAULTS.k1));
    }
  }
  for (const { ord, frequencies } of tail) {
    for (const [term, frequency] of frequencies) {
      rough.set(ord, (rough.get(ord) ?? 0) + ((weights.get(term) ?? 0) * frequency) / (frequency + BM25_DEFAULTS.k1));
    }
  }
  const best = [...rough].sort((a, b) => b[1] - a[1]).slice(0, RESCORED_MAX);
  const candidates = await readCandidates(
    tx,
    scope.generation,
    best.map(([ord]) => ord),
    viewer.principals,
  );
  const allows = accessOf(viewer);
  let hits = candidates.flatMap((candidate) => {
    if (!allows(candidate.attributes.acl)) return [];
    if (query.filter.matches !== null && !query.filter.matches(candidate.id, candidate.attributes)) return [];
    const frequencies = frequenciesOf(candidate);
    if ([...parsed.excluded].some((term) => frequencies.has(term))) return [];
    let raw = 0;
    for (const [term, weight] of weights) {
      const frequency = frequencies.get(term);
      if (frequency !== undefined) raw += termScore(weight, frequency, candidate.length, average, BM25_DEFAULTS);
    }
    return query.scoreMin !== null && raw < query.scoreMin
      ? []
      : [{ id: candidate.id, raw, attributes: candidate.attributes }];
  });
  if (parsed.phrases.length > 0) {
    const texts = await readTexts(
      tx,
      scope.tenantId,
      hits.map((hit) => hit.id),
    );
    hits = hits.filter((hit) => holdsPhrases(texts.get(hit.id) ?? [], parsed.phrases));
  }
  const complete = [...lists.values()].every((list) => list.complete);
  return { hits, exhaustive: complete && rough.size <= RESCORED_MAX };
}

async function readCandidates(
  tx: Transaction<unknown>,
  generation: number,
  ords: readonly number[],
  principals: readonly string[],
): Promise<Candidate[]> {
  const { rows } = await tx.client.query<Candidate>(
    `SELECT id, attributes, length, terms, frequencies FROM search.search_keyword_records
      WHERE generation = $1 AND ord = ANY($2::bigint[]) AND NOT deleted AND attributes::jsonb -> 'acl' ?| $3::text[]`,
    [generation, ords, principals],
  );
  return rows;
}

function frequenciesOf({ terms, frequencies }: Candidate): Map<string, number> {
  return new Map(terms.split('\n').map((term, i) => [term, frequencies[i] ?? 0]));
}
