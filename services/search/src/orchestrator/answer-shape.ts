import type { FilterField, SearchHit, SearchResponse } from '@peermesh/contracts/search';
import type { HydratedRecord } from '../adapters/pg/hydrator.ts';
import type { Contribution, FusedHit } from '../domain/fusion/fuse.ts';
import { valuesOf } from '../domain/query/filters.ts';
import type { Highlighter } from '../domain/query/snippet.ts';
import type { ListedHit } from './frozen-list.ts';
import type { SearchPlan } from './plan.ts';
import type { Retrieval } from './retrieval.ts';

const FACET_VALUES_MAX = 50;

/** One hit as the caller sees it. */
export function hitOf(plan: SearchPlan, hit: ListedHit, record: HydratedRecord, highlighter: Highlighter): SearchHit {
  const highlight = plan.request.highlight !== false;
  const snippet = highlighter.snippet(record.text);
  const explain = plan.request.explain ?? 'scores';
  return {
    id: hit.id,
    type: record.type,
    title: record.title,
    snippet: snippet.text,
    url: record.url,
    publishedAt: record.publishedAt,
    version: record.version,
    highlights: highlight
      ? [
          ...highlighter.find(record.title).map(({ start, end }) => ({ field: 'title', start, end })),
          ...snippet.ranges.map(({ start, end }) => ({ field: 'snippet', start, end })),
        ]
      : [],
    score: hit.score,
    ...(hit.pinned === null ? {} : { pinned: hit.pinned }),
    sources: explain === 'none' ? [] : hit.sources.map((source) => contributionOf(source, explain === 'full')),
    boosts: explain === 'none' ? [] : [...hit.boosts],
    duplicates: [...hit.duplicates],
  };
}

function contributionOf(source: Contribution, isFull: boolean): SearchHit['sources'][number] {
  const { why, path, ...scores } = source;
  return {
    ...scores,
    ...(path === undefined ? {} : { path: [...path] }),
    ...(isFull && why !== undefined ? { why: { ...why } } : {}),
  };
}

/** Facets over all matches where the keyword leg counted them, else over the fused window. */
export function facetsOf(plan: SearchPlan, found: Retrieval, hits: readonly FusedHit[]): SearchResponse['facets'] {
  const fields = plan.request.facets ?? [];
  const counted = found.results.get('keyword');
  return Object.fromEntries(
    fields.map((field) => {
      const exact = counted?.exhaustive === true ? counted.facets.get(field) : undefined;
      const counts = exact ?? countWindow(field, hits);
      const values = [...counts]
        .map(([value, count]) => ({ value, count }))
        .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
        .slice(0, FACET_VALUES_MAX);
      return [
        field,
        { values, exact: exact !== undefined, scope: exact === undefined ? ('window' as const) : ('matches' as const) },
      ];
    }),
  );
}

function countWindow(field: FilterField, hits: readonly FusedHit[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const hit of hits) {
    for (const value of valuesOf(field, hit.id, hit.attributes))
      counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  }
  return counts;
}

/** How many matches there are: exact only when one leg that saw everything was asked. */
export function totalOf(found: Retrieval, fused: number): SearchResponse['total'] {
  const counted = [...found.results].filter(([, result]) => result.hits.length > 0 || result.exhaustive);
  const keyword = found.results.get('keyword');
  if (keyword === undefined || keyword.total < fused) {
    const [only] = counted;
    const isExact = counted.length === 1 && only?.[1].exhaustive === true && only[1].total <= fused;
    return { value: fused, relation: isExact ? 'eq' : 'gte', source: 'window' };
  }
  const isExact = keyword.exhaustive && counted.length === 1;
  return { value: keyword.total, relation: isExact ? 'eq' : 'gte', source: 'keyword' };
}
