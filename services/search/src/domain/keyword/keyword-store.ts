import type { FilterField } from '@peermesh/contracts/search';
import type { FacetCounts, LegHit, LegQuery, LegResult, RecordAttributes, Viewer } from '../../ports.ts';
import { AttributePool, accessOf } from '../query/access.ts';
import { parseQuery } from '../query/parse-query.ts';
import { KeywordIndex } from './keyword-index.ts';
import { NameBook, type NamedEntity } from './name-book.ts';
import { holdsPhrases } from './phrases.ts';
import type { TermVector } from './term-vector.ts';

/** Gives the title and text of records, for phrases. */
export type TextSource = (
  tenantId: string,
  ids: readonly string[],
  signal: AbortSignal,
) => Promise<ReadonlyMap<string, readonly string[]>>;

/** Most candidates whose text is read to check a phrase. */
const PHRASE_CANDIDATES_MAX = 1_000;

/** The keyword indexes of all tenants, in memory: the memory backend, and the mirror of the PostgreSQL one. */
export class KeywordStore {
  readonly #indexes = new Map<string, KeywordIndex>();
  readonly #books = new Map<string, NameBook>();
  readonly #pool = new AttributePool();

  get bytes(): number {
    let bytes = 0;
    for (const index of this.#indexes.values()) bytes += index.bytes;
    return bytes;
  }

  get size(): number {
    let size = 0;
    for (const index of this.#indexes.values()) size += index.size;
    return size;
  }

  put(tenantId: string, id: string, attributes: RecordAttributes, vector: TermVector): void {
    const key = `${tenantId}/${attributes.kind}`;
    let index = this.#indexes.get(key);
    if (index === undefined) {
      index = new KeywordIndex();
      this.#indexes.set(key, index);
    }
    const interned = this.#pool.intern(attributes);
    index.put(id, interned, vector);
    if (attributes.kind === 'entity') this.#bookOf(tenantId).put(id, interned);
  }

  /** Entities by name that the viewer may read. */
  findNames(names: readonly string[], viewer: Viewer, max: number): NamedEntity[] {
    return this.#books.get(viewer.tenantId)?.find(names, accessOf(viewer), max) ?? [];
  }

  #bookOf(tenantId: string): NameBook {
    let book = this.#books.get(tenantId);
    if (book === undefined) {
      book = new NameBook();
      this.#books.set(tenantId, book);
    }
    return book;
  }

  remove(tenantId: string, id: string): void {
    for (const kind of ['doc', 'entity'] as const) this.#indexes.get(`${tenantId}/${kind}`)?.remove(id);
    this.#books.get(tenantId)?.remove(id);
  }

  async query(
    query: LegQuery,
    viewer: Viewer,
    watermark: number,
    texts: TextSource,
    signal: AbortSignal,
  ): Promise<LegResult> {
    const parsed = parseQuery(query.text);
    const allows = accessOf(viewer);
    const limit = parsed.phrases.length > 0 ? PHRASE_CANDIDATES_MAX : query.limit;
    const results = query.kinds.map(
      (kind) =>
        this.#indexes
          .get(`${viewer.tenantId}/${kind}`)
          ?.search({ parsed, allows, filter: query.filter, limit, facets: query.facets }) ?? EMPTY,
    );
    let hits: LegHit[] = results.flatMap((result) => result.hits);
    if (results.length > 1) hits.sort((a, b) => b.raw - a.raw || (a.id < b.id ? -1 : 1));
    let exhaustive = results.every((result) => result.exhaustive);
    let total = results.reduce((sum, result) => sum + result.total, 0);
    if (parsed.phrases.length > 0) {
      exhaustive &&= total <= hits.length;
      const known = await texts(
        viewer.tenantId,
        hits.map((hit) => hit.id),
        signal,
      );
      hits = hits.filter((hit) => holdsPhrases(known.get(hit.id) ?? [], parsed.phrases));
      total = hits.length;
    }
    const { scoreMin } = query;
    if (scoreMin !== null) hits = hits.filter((hit) => hit.raw >= scoreMin);
    return {
      hits: hits.slice(0, query.limit),
      exhaustive,
      partial: false,
      watermark,
      total,
      facets: parsed.phrases.length > 0 ? new Map() : mergeFacets(results.map((result) => result.facets)),
    };
  }
}

const EMPTY = { hits: [], exhaustive: true, total: 0, facets: new Map<FilterField, Map<string, number>>() } as const;

function mergeFacets(parts: readonly ReadonlyMap<FilterField, FacetCounts>[]): Map<FilterField, FacetCounts> {
  const merged = new Map<FilterField, Map<string, number>>();
  for (const part of parts) {
    for (const [field, counts] of part) {
      const target = merged.get(field) ?? new Map<string, number>();
      for (const [value, count] of counts) target.set(value, (target.get(value) ?? 0) + count);
      merged.set(field, target);
    }
  }
  return merged;
}
