import type { Condition, Filter, FilterField } from '@peermesh/contracts/search';
import { searchErrors } from '@peermesh/errors';
import type { AttributeFilter, RecordAttributes } from '../../ports.ts';

type Predicate = (id: string, attributes: RecordAttributes) => boolean;
type Scalar = string | number;

const TIMES: ReadonlySet<FilterField> = new Set(['publishedAt', 'updatedAt']);

/** Compiles a filter of a request. Throws `PM_SEARCH_QUERY_INVALID` for values that do not fit their field. */
export function compileFilter(filter: Filter | undefined, asOf: string | undefined): AttributeFilter {
  const predicates: Predicate[] = [];
  if (filter !== undefined) predicates.push(compile(filter));
  if (asOf !== undefined) {
    const instant = Date.parse(asOf);
    if (Number.isNaN(instant)) throw searchErrors.queryInvalid({ detail: '`asOf` is no instant.' });
    predicates.push((_id, attributes) => attributes.createdAt <= instant);
  }
  if (predicates.length === 0) return { matches: null };
  return { matches: (id, attributes) => predicates.every((predicate) => predicate(id, attributes)) };
}

/** Whether a filter asks for entities by name of the field `type`. */
export function wantsEntities(filter: Filter | undefined): boolean {
  if (filter === undefined) return false;
  if ('and' in filter) return filter.and.some(wantsEntities);
  if ('or' in filter) return filter.or.some(wantsEntities);
  if ('not' in filter) return false;
  if (filter.field === 'entityType') return true;
  return filter.field === 'type' && (filter.eq === 'entity' || (filter.in ?? []).includes('entity'));
}

/** The values of a field, as filters and facets see them. */
export function valuesOf(field: FilterField, id: string, attributes: RecordAttributes): readonly Scalar[] {
  switch (field) {
    case 'type':
      return [attributes.kind];
    case 'id':
      return [id];
    case 'source':
      return one(attributes.source);
    case 'language':
      return one(attributes.language);
    case 'topic':
      return attributes.topics;
    case 'mediaType':
      return one(attributes.mediaType);
    case 'author':
      return attributes.authors;
    case 'entityType':
      return one(attributes.entityType);
    case 'publishedAt':
      return one(attributes.publishedAt);
    case 'updatedAt':
      return [attributes.updatedAt];
    default:
      return field satisfies never;
  }
}

function one(value: Scalar | null): readonly Scalar[] {
  return value === null ? [] : [value];
}

function compile(filter: Filter): Predicate {
  if ('and' in filter) {
    const parts = filter.and.map(compile);
    return (id, attributes) => parts.every((part) => part(id, attributes));
  }
  if ('or' in filter) {
    const parts = filter.or.map(compile);
    return (id, attributes) => parts.some((part) => part(id, attributes));
  }
  if ('not' in filter) {
    const part = compile(filter.not);
    return (id, attributes) => !part(id, attributes);
  }
  return condition(filter);
}

function condition(filter: Condition): Predicate {
  const { field } = filter;
  const tests: ((values: readonly Scalar[]) => boolean)[] = [];
  if (filter.exists !== undefined) {
    const { exists } = filter;
    tests.push((values) => values.length > 0 === exists);
  }
  const wanted = filter.eq !== undefined ? [filter.eq] : filter.in;
  if (filter.eq !== undefined && filter.in !== undefined) throw invalid(field, 'has both `eq` and `in`');
  if (wanted !== undefined) {
    const set = new Set(wanted.map((value) => scalar(field, value)));
    tests.push((values) => values.some((value) => set.has(value)));
  }
  for (const [name, holds] of BOUNDS) {
    const bound = filter[name];
    if (bound === undefined) continue;
    const limit = scalar(field, bound);
    tests.push((values) => values.some((value) => holds(value, limit)));
  }
  if (tests.length === 0) throw invalid(field, 'has no comparison');
  return (id, attributes) => {
    const values = valuesOf(field, id, attributes);
    return tests.every((test) => test(values));
  };
}

const BOUNDS: readonly (readonly ['gte' | 'gt' | 'lte' | 'lt', (value: Scalar, limit: Scalar) => boolean])[] = [
  ['gte', (value, limit) => value >= limit],
  ['gt', (value, limit) => value > limit],
  ['lte', (value, limit) => value <= limit],
  ['lt', (value, limit) => value < limit],
];

const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;

function scalar(field: FilterField, value: Scalar): Scalar {
  if (!TIMES.has(field)) {
    if (typeof value !== 'string') throw invalid(field, 'is compared with a number');
    return value;
  }
  if (typeof value !== 'string' || !DATE.test(value)) throw invalid(field, 'needs a date or an RFC 3339 instant');
  const instant = Date.parse(value);
  if (Number.isNaN(instant)) throw invalid(field, 'needs a date or an RFC 3339 instant');
  return instant;
}

function invalid(field: FilterField, problem: string): Error {
  return searchErrors.queryInvalid({
    detail: `The filter on \`${field}\` ${problem}.`,
    errors: [{ pointer: '/filters', message: `\`${field}\` ${problem}` }],
  });
}
