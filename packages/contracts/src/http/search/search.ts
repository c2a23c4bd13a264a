import { defineRoute } from '../../define-route.ts';
import { runSearch } from './policies.ts';
import { SearchRequest, SearchResponse } from './query-schemas.ts';

const example = {
  results: [
    {
      id: 'doc_0198b0c2f1a27cc3a1b2c3d4e5f60718',
      type: 'doc',
      title: 'Battery recycling in Europe',
      snippet: 'New subsidies for battery recycling were announced.',
      url: 'https://example.org/battery',
      publishedAt: '2026-11-20T08:00:00.000Z',
      version: 1,
      highlights: [{ field: 'snippet', start: 18, end: 25 }],
      score: 0.91,
      sources: [{ source: 'keyword', rank: 1, raw: 14.2, norm: 1, weight: 0.75 }],
      boosts: [],
      duplicates: [],
    },
  ],
  facets: {},
  total: { value: 1, relation: 'eq', source: 'keyword' },
  page: { next: null, size: 20, offset: 0, window: 1 },
  degraded: true,
  sources: {
    keyword: { status: 'ok', impl: 'pg-keyword', generation: 1, tookMs: 3.1, hits: 1, exhaustive: true, watermark: 42 },
    vector: { status: 'timeout', reason: 'deadline', impl: 'pg-vector', generation: 1, tookMs: 120 },
    graph: { status: 'skipped', reason: 'not_applicable' },
    time: { status: 'skipped', reason: 'not_applicable' },
  },
  coverage: { weightAnswered: 0.75, weightRequested: 1 },
  warnings: ['vector_timeout'],
  tookMs: 124.2,
  requestId: '0198b0c2-f1a2-7cc3-a1b2-c3d4e5f60718',
} as const;

/** Searches four legs in parallel and fuses what they find. */
export const search = defineRoute({
  id: 'search.query',
  method: 'POST',
  path: '/api/v1/search',
  summary: 'Search',
  description:
    'Answers 200 as long as the caller allows partial answers and at least one leg answered; `sources` says what each leg did, and the header `X-PeerMesh-Degraded` names those that failed. With `partial` set to `refuse` or `require:[...]` a missing leg is answered with 503 and the same `sources`. Results, facets, totals, snippets and graph paths hold only what the caller may read.',
  tags: ['search'],
  policy: runSearch,
  idempotency: 'none',
  body: SearchRequest,
  bodyBytesMax: 256 * 1024,
  responses: { 200: SearchResponse },
  errors: [
    'PM_SEARCH_QUERY_INVALID',
    'PM_SEARCH_CURSOR_INVALID',
    'PM_SEARCH_CURSOR_EXPIRED',
    'PM_SEARCH_SOURCES_UNAVAILABLE',
    'PM_SEARCH_OVERLOADED',
    'PM_SEARCH_NOT_CAUGHT_UP',
  ],
  examples: [
    {
      name: 'degraded',
      body: { query: 'battery recycling subsidies', page: { size: 20 } },
      response: { status: 200, body: example },
    },
  ],
});
