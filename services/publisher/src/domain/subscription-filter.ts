import type { EventData } from '@peermesh/contracts';
import type { PublishingTriggered } from '@peermesh/contracts/events';
import type { SubscriptionFilter } from '@peermesh/contracts/publisher';
import { matchesQuery, parseQuery, type QueryExpression } from './query-expression.ts';
import { type SearchableText, searchableText, wordsOf } from './words.ts';

/** A document as `publishing.triggered` tells of it. */
export type TriggeredDocument = EventData<typeof PublishingTriggered>;

/** A document prepared for many filters. */
export interface MatchableDocument {
  readonly document: TriggeredDocument;
  readonly topics: ReadonlySet<string>;
  readonly text: SearchableText;
}

/** A filter prepared for many documents. */
export interface CompiledFilter {
  readonly filter: SubscriptionFilter;
  readonly topics: readonly string[];
  readonly languages: readonly string[];
  readonly entities: readonly { readonly id?: string; readonly name?: string; readonly type?: string }[];
  readonly query: QueryExpression | null;
}

/** Topics and names are compared without case and punctuation. */
export function foldName(name: string): string {
  return wordsOf(name).join(' ');
}

/** Prepares a document. */
export function matchable(document: TriggeredDocument): MatchableDocument {
  return {
    document,
    topics: new Set(document.topics.map(foldName)),
    text: searchableText([
      document.title,
      document.summary,
      ...document.keyphrases,
      ...document.topics,
      ...document.entities.map(({ name }) => name),
    ]),
  };
}

/** Prepares a filter. Throws `PM_PUBLISHER_QUERY_INVALID` when its query cannot be read. */
export function compileFilter(filter: SubscriptionFilter): CompiledFilter {
  return {
    filter,
    topics: (filter.topics ?? []).map(foldName),
    languages: (filter.languages ?? []).map((language) => language.toLowerCase()),
    entities: (filter.entities ?? []).map(({ id, name, type }) => ({
      ...(id === undefined ? {} : { id }),
      ...(name === undefined ? {} : { name: foldName(name) }),
      ...(type === undefined ? {} : { type }),
    })),
    query: filter.query === undefined ? null : parseQuery(filter.query),
  };
}

/** Whether every criterion that the filter states holds; within a list one is enough. */
export function filterMatches(compiled: CompiledFilter, { document, topics, text }: MatchableDocument): boolean {
  const { filter, query } = compiled;
  if (filter.sources !== undefined && (document.sourceId === null || !filter.sources.includes(document.sourceId))) {
    return false;
  }
  if (compiled.topics.length > 0 && !compiled.topics.some((topic) => topics.has(topic))) return false;
  if (compiled.languages.length > 0 && !speaks(document.language, compiled.languages)) return false;
  const least = filter.minConfidence ?? 0;
  if (compiled.entities.length > 0) {
    const found = document.entities.some(
      (entity) =>
        entity.confidence >= least &&
        compiled.entities.some(
          ({ id, name, type }) =>
            (id === undefined || id === entity.id) &&
            (type === undefined || type === entity.type) &&
            (name === undefined || name === foldName(entity.name)),
        ),
    );
    if (!found) return false;
  } else if (document.confidence < least) return false;
  return query === null || matchesQuery(query, text);
}

/** `en` covers `en-GB`; `en-GB` covers only itself. */
function speaks(language: string | null, wanted: readonly string[]): boolean {
  if (language === null) return false;
  const tag = language.toLowerCase();
  return wanted.some((one) => tag === one || tag.startsWith(`${one}-`));
}
