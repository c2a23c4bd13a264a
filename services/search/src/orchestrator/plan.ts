import { LEGS, type Leg, type SearchRequest } from '@peermesh/contracts/search';
import { searchErrors } from '@peermesh/errors';
import { compileFilter, wantsEntities } from '../domain/query/filters.ts';
import { type ParsedQuery, parseQuery } from '../domain/query/parse-query.ts';
import type { AttributeFilter } from '../ports.ts';

/** What a leg is to do. */
export interface LegPlan {
  readonly weight: number;
  readonly deadlineMs: number | null;
  readonly scoreMin: number | null;
}

/** Which legs must answer. */
export type PartialPolicy =
  | { readonly kind: 'allow' }
  | { readonly kind: 'refuse' }
  | { readonly kind: 'require'; readonly legs: readonly Leg[] };

/** A request, understood. */
export interface SearchPlan {
  readonly request: SearchRequest;
  readonly mode: NonNullable<SearchRequest['mode']>;
  readonly parsed: ParsedQuery;
  /** Legs that the caller wants; those missing were not requested. */
  readonly legs: ReadonlyMap<Leg, LegPlan>;
  readonly disabled: ReadonlySet<Leg>;
  readonly filter: AttributeFilter;
  readonly kinds: readonly ('doc' | 'entity')[];
  readonly window: number;
  readonly pageSize: number;
  readonly deadlineMs: number;
  readonly partial: PartialPolicy;
}

const DEADLINE_SIMPLE_MS = 180;
const DEADLINE_GRAPH_MS = 450;
const WINDOW_MIN = 100;
const WINDOW_MAX = 200;
const WINDOW_PAGES = 5;
const PAGE_SIZE = 20;
const GRAPH_WEIGHT = 0.1;

/** Weight of the vector leg by its space: hashing only finds shared words, a trained space finds related ones. */
export function vectorWeightOf(space: string | null): number {
  if (space === null || space.startsWith('hashing@')) return 0.05;
  return space.startsWith('lsa@') ? 0.3 : 0.35;
}

/** Understands a request. Throws `PM_SEARCH_QUERY_INVALID` for what cannot be searched. */
export function planSearch(request: SearchRequest, vectorSpace: string | null): SearchPlan {
  const mode = request.mode ?? 'auto';
  const parsed = parseQuery(request.query);
  const seeds = request.graph?.seeds ?? [];
  if (parsed.plain === '' && seeds.length === 0 && mode !== 'trend') {
    throw searchErrors.queryInvalid({ detail: 'The query holds no words, and there are no graph seeds.' });
  }
  const legs = new Map<Leg, LegPlan>();
  const disabled = new Set<Leg>();
  const profile = profileOf(mode, vectorWeightOf(vectorSpace), parsed.plain === '');
  for (const leg of LEGS) {
    const wish = request.sources?.[leg];
    if (wish?.enabled === false || wish?.weight === 0) {
      disabled.add(leg);
      continue;
    }
    const asked = wish?.weight ?? (wish?.enabled === true && profile[leg] === 0 ? GRAPH_WEIGHT : profile[leg]);
    if (asked > 0)
      legs.set(leg, { weight: asked, deadlineMs: wish?.deadlineMs ?? null, scoreMin: wish?.scoreMin ?? null });
  }
  if (legs.size === 0) throw searchErrors.queryInvalid({ detail: 'All legs are switched off.' });
  const partial = policyOf(request.partial ?? 'allow');
  if (partial.kind === 'require') {
    const missing = partial.legs.filter((leg) => !legs.has(leg));
    if (missing.length > 0)
      throw searchErrors.queryInvalid({ detail: `Required legs are switched off: ${missing.join(', ')}.` });
  }
  const pageSize = request.page?.size ?? PAGE_SIZE;
  const usesGraph = mode === 'graph' || mode === 'hybrid' || seeds.length > 0;
  return {
    request,
    mode,
    parsed,
    legs,
    disabled,
    filter: compileFilter(request.filters, request.asOf),
    kinds: wantsEntities(request.filters) ? ['doc', 'entity'] : ['doc'],
    window: request.fusion?.window ?? windowFor(pageSize),
    pageSize,
    deadlineMs: request.deadlineMs ?? (usesGraph ? DEADLINE_GRAPH_MS : DEADLINE_SIMPLE_MS),
    partial,
  };
}

/** Hits asked of each leg: enough for the pages that are looked at, few enough to rank and keep cheaply. */
function windowFor(pageSize: number): number {
  return Math.min(WINDOW_MAX, Math.max(WINDOW_MIN, pageSize * WINDOW_PAGES));
}

function profileOf(mode: SearchPlan['mode'], vector: number, isEmpty: boolean): Readonly<Record<Leg, number>> {
  switch (mode) {
    case 'keyword':
      return { keyword: 1, vector: 0, graph: 0, time: 0 };
    case 'semantic':
      return { keyword: 0, vector: 1, graph: 0, time: 0 };
    case 'graph':
      return isEmpty ? { keyword: 0, vector: 0, graph: 1, time: 0 } : { keyword: 0.2, vector: 0, graph: 0.8, time: 0 };
    case 'trend':
      return isEmpty ? { keyword: 0, vector: 0, graph: 0, time: 1 } : { keyword: 0.4, vector: 0, graph: 0, time: 0.6 };
    default:
      return isEmpty
        ? { keyword: 0, vector: 0, graph: 1, time: 0 }
        : { keyword: 1 - vector - GRAPH_WEIGHT, vector, graph: GRAPH_WEIGHT, time: 0 };
  }
}

function policyOf(partial: string): PartialPolicy {
  if (partial === 'allow' || partial === 'refuse') return { kind: partial };
  return { kind: 'require', legs: partial.slice('require:['.length, -1).split(',') as Leg[] };
}
