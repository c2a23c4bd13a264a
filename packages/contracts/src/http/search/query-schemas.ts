import { type Static, Type } from 'typebox';
import { Timestamp } from '../../timestamps.ts';
import { FILTER_FIELDS, Filter } from './filter-schema.ts';
import { NodeId } from './record-schemas.ts';

const strict = { additionalProperties: false } as const;
const Weight = Type.Number({ minimum: 0, maximum: 1 });

/** The four retrieval legs. */
export const LEGS = ['keyword', 'vector', 'graph', 'time'] as const;
/** One retrieval leg. */
export const Leg = Type.Enum(LEGS);
/** One retrieval leg. */
export type Leg = (typeof LEGS)[number];

/** What a leg may say about itself. */
export const LEG_STATUSES = [
  'ok',
  'partial',
  'timeout',
  'error',
  'circuit_open',
  'disabled',
  'skipped',
  'stale',
] as const;
/** What a leg may say about itself. */
export type LegStatus = (typeof LEG_STATUSES)[number];

/** Why a leg is not `ok`. */
export const LEG_REASONS = [
  'embed_timeout',
  'embed_unavailable',
  'deadline',
  'connection',
  'overloaded',
  'backfill_in_progress',
  'bad_filter',
  'breaker',
  'behind',
  'not_applicable',
  'not_requested',
  'internal',
] as const;
/** Why a leg is not `ok`. */
export type LegReason = (typeof LEG_REASONS)[number];

const LegOptions = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean({ default: true })),
    weight: Type.Optional(Weight),
    deadlineMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 5000 })),
    scoreMin: Type.Optional(Type.Number({ description: 'Least raw score of a hit of this leg.' })),
  },
  strict,
);

/** A search. */
export const SearchRequest = Type.Object(
  {
    query: Type.String({
      maxLength: 4000,
      description: 'Words, "quoted phrases" and -excluded words. May be empty only with graph seeds or mode `trend`.',
    }),
    mode: Type.Optional(Type.Enum(['auto', 'keyword', 'semantic', 'graph', 'trend', 'hybrid'], { default: 'auto' })),
    filters: Type.Optional(Filter),
    asOf: Type.Optional({
      ...Timestamp,
      description:
        'Only what existed at this instant: each document as the version that was current then, for those who may read it now and could read it then. Ranking and filters are those of the current index, as the warning `as_of_ranked_by_current_index` says: a document is found by its words of today, a page may be shorter than asked, and what was deleted since is not found. Entities have no history and are shown as they are.',
    }),
    graph: Type.Optional(
      Type.Object(
        {
          seeds: Type.Optional(Type.Array(NodeId, { maxItems: 50 })),
          maxHops: Type.Optional(Type.Integer({ minimum: 1, maximum: 4, default: 2 })),
          fanout: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
          edgeTypes: Type.Optional(Type.Array(Type.String({ pattern: '^[A-Z][A-Z0-9_]{0,39}$' }), { maxItems: 50 })),
        },
        strict,
      ),
    ),
    sources: Type.Optional(
      Type.Object(
        {
          keyword: Type.Optional(LegOptions),
          vector: Type.Optional(LegOptions),
          graph: Type.Optional(LegOptions),
          time: Type.Optional(LegOptions),
        },
        strict,
      ),
    ),
    fusion: Type.Optional(
      Type.Object(
        {
          method: Type.Optional(
            Type.Union([Type.Literal('convex'), Type.Literal('rrf'), Type.Literal('dbsf')], { default: 'convex' }),
          ),
          k: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 60 })),
          window: Type.Optional(
            Type.Integer({
              minimum: 10,
              maximum: 1000,
              description: 'Hits asked of each leg. By default five pages, at least 100 and at most 200.',
            }),
          ),
        },
        strict,
      ),
    ),
    freshness: Type.Optional(
      Type.Object(
        {
          field: Type.Optional(
            Type.Union([Type.Literal('publishedAt'), Type.Literal('updatedAt')], { default: 'publishedAt' }),
          ),
          halfLifeDays: Type.Number({ exclusiveMinimum: 0, maximum: 36_500 }),
          floor: Type.Optional(Type.Number({ minimum: 0, maximum: 1, default: 0.75 })),
        },
        strict,
      ),
    ),
    dedupe: Type.Optional(
      Type.Union([Type.Literal('none'), Type.Literal('content'), Type.Literal('entity')], {
        default: 'content',
        description: '`content` folds documents with the same text, `entity` also folds documents under an entity hit.',
      }),
    ),
    facets: Type.Optional(Type.Array(Type.Enum(FILTER_FIELDS), { maxItems: 8 })),
    highlight: Type.Optional(Type.Boolean({ default: true })),
    explain: Type.Optional(
      Type.Union([Type.Literal('none'), Type.Literal('scores'), Type.Literal('full')], { default: 'scores' }),
    ),
    page: Type.Optional(
      Type.Object(
        {
          size: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
          cursor: Type.Optional(Type.Union([Type.String({ maxLength: 500 }), Type.Null()])),
        },
        strict,
      ),
    ),
    deadlineMs: Type.Optional(Type.Integer({ minimum: 10, maximum: 5000 })),
    partial: Type.Optional(
      Type.String({
        pattern: '^(allow|refuse|require:\\[(keyword|vector|graph|time)(,(keyword|vector|graph|time)){0,3}\\])$',
        default: 'allow',
      }),
    ),
    minSeq: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'Wait (bounded) until this change is searchable.',
      }),
    ),
  },
  strict,
);
/** A search. */
export type SearchRequest = Static<typeof SearchRequest>;

const SourceScore = Type.Object({
  source: Leg,
  rank: Type.Integer({ minimum: 1 }),
  raw: Type.Number(),
  norm: Type.Number(),
  weight: Type.Number(),
  path: Type.Optional(Type.Array(Type.String())),
  why: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
});

/** One hit. */
export const SearchHit = Type.Object({
  id: NodeId,
  type: Type.Union([Type.Literal('doc'), Type.Literal('entity')]),
  title: Type.String(),
  snippet: Type.String(),
  url: Type.Union([Type.String(), Type.Null()]),
  publishedAt: Type.Union([Timestamp, Type.Null()]),
  version: Type.Integer({ minimum: 1 }),
  highlights: Type.Array(Type.Object({ field: Type.String(), start: Type.Integer(), end: Type.Integer() }), {
    description: 'UTF-16 offsets into `title` or `snippet`.',
  }),
  score: Type.Number({ description: 'Comparable only within this answer.' }),
  pinned: Type.Optional(Type.Union([Type.Literal('id'), Type.Literal('name'), Type.Literal('title')])),
  sources: Type.Array(SourceScore),
  boosts: Type.Array(Type.Object({ name: Type.String(), factor: Type.Number() })),
  duplicates: Type.Array(Type.String()),
});
/** One hit. */
export type SearchHit = Static<typeof SearchHit>;

/** What one leg did. */
export const LegReport = Type.Object({
  status: Type.Enum(LEG_STATUSES),
  reason: Type.Optional(Type.Enum(LEG_REASONS)),
  impl: Type.Optional(Type.String()),
  generation: Type.Optional(Type.Integer({ minimum: 1 })),
  tookMs: Type.Optional(Type.Number()),
  hits: Type.Optional(Type.Integer({ minimum: 0 })),
  exhaustive: Type.Optional(Type.Boolean()),
  watermark: Type.Optional(Type.Integer({ minimum: 0 })),
});
/** What one leg did. */
export type LegReport = Static<typeof LegReport>;

/** What each leg did. */
export const LegReports = Type.Object({ keyword: LegReport, vector: LegReport, graph: LegReport, time: LegReport });
/** What each leg did. */
export type LegReports = Static<typeof LegReports>;

const Facet = Type.Object({
  values: Type.Array(Type.Object({ value: Type.String(), count: Type.Integer({ minimum: 0 }) })),
  exact: Type.Boolean(),
  scope: Type.Union([Type.Literal('matches'), Type.Literal('window')]),
});

/** The answer to a search. */
export const SearchResponse = Type.Object({
  results: Type.Array(SearchHit),
  facets: Type.Record(Type.String(), Facet),
  total: Type.Object({
    value: Type.Integer({ minimum: 0 }),
    relation: Type.Union([Type.Literal('eq'), Type.Literal('gte')]),
    source: Type.Union([Leg, Type.Literal('window')]),
  }),
  page: Type.Object({
    next: Type.Union([Type.String(), Type.Null()]),
    size: Type.Integer({ minimum: 1 }),
    offset: Type.Integer({ minimum: 0 }),
    window: Type.Integer({ minimum: 0 }),
  }),
  degraded: Type.Boolean(),
  sources: LegReports,
  coverage: Type.Object({ weightAnswered: Type.Number(), weightRequested: Type.Number() }),
  warnings: Type.Array(Type.String()),
  tookMs: Type.Number(),
  requestId: Type.String(),
});
/** The answer to a search. */
export type SearchResponse = Static<typeof SearchResponse>;
