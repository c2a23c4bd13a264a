import type { FilterField } from '@peermesh/contracts/search';
import type { AttributeFilter, RecordAttributes } from '../../ports.ts';
import { AccessColumn } from '../query/access-column.ts';
import { valuesOf } from '../query/filters.ts';
import type { ParsedQuery } from '../query/parse-query.ts';
import { TopOrdinals } from '../top-ordinals.ts';
import { BM25_DEFAULTS, type Bm25Parameters, idf } from './bm25.ts';
import { frequencyOf, ordinalOf, PostingList } from './posting-list.ts';
import { type LengthModel, ScoreBoard, type ScoredTerm } from './score-board.ts';
import type { TermVector } from './term-vector.ts';

/** What an index query asks besides its words. */
export interface IndexQuery {
  readonly parsed: ParsedQuery;
  readonly allows: (acl: readonly string[]) => boolean;
  readonly filter: AttributeFilter;
  readonly limit: number;
  readonly facets: readonly FilterField[];
}

/** One match with its exact BM25 score. */
export interface IndexHit {
  readonly id: string;
  readonly raw: number;
  readonly attributes: RecordAttributes;
}

/** What an index query found. */
export interface IndexResult {
  readonly hits: readonly IndexHit[];
  readonly exhaustive: boolean;
  readonly total: number;
  readonly facets: ReadonlyMap<FilterField, Map<string, number>>;
}

const FIRST_CAPACITY = 256;
const FACET_VALUES_MAX = 1_000;

/**
 * BM25 over the records of one tenant and kind, in memory. The best are always ranked exactly; postings that cannot
 * change them are skipped, unless all matches must be seen: for facets, phrases and exclusions.
 */
export class KeywordIndex {
  readonly #parameters: Bm25Parameters;
  #ids: string[] = [];
  #attributes: (RecordAttributes | null)[] = [];
  #lengths = new Float32Array(FIRST_CAPACITY);
  #board = new ScoreBoard(FIRST_CAPACITY);
  #access = new AccessColumn();
  #lists = new Map<string, PostingList>();
  readonly #ordinals = new Map<string, number>();
  #lengthSum = 0;

  constructor(parameters: Bm25Parameters = BM25_DEFAULTS) {
    this.#parameters = parameters;
  }

  get size(): number {
    return this.#ordinals.size;
  }

  /** An estimate of the memory in use. */
  get bytes(): number {
    let bytes = this.#lists.size * 160 + this.#ids.length * 250;
    for (const list of this.#lists.values()) bytes += list.bytes;
    return bytes;
  }

  put(id: string, attributes: RecordAttributes, vector: TermVector): void {
    this.remove(id);
    const ordinal = this.#ids.length;
    if (ordinal >= this.#lengths.length) this.#grow();
    this.#ids.push(id);
    this.#attributes.push(attributes);
    this.#access.set(ordinal, attributes.acl);
    this.#lengths[ordinal] = vector.length;
    this.#lengthSum += vector.length;
    this.#ordinals.set(id, ordinal);
    vector.terms.forEach((term, i) => {
      let list = this.#lists.get(term);
      if (list === undefined) {
        list = new PostingList();
        this.#lists.set(term, list);
      }
      list.append(ordinal, vector.frequencies[i] as number);
    });
  }

  remove(id: string): boolean {
    const ordinal = this.#ordinals.get(id);
    if (ordinal === undefined) return false;
    this.#ordinals.delete(id);
    this.#attributes[ordinal] = null;
    this.#access.clear(ordinal);
    this.#lengthSum -= this.#lengths[ordinal] as number;
    const dead = this.#ids.length - this.size;
    if (dead > 1_000 && dead > this.size / 2) this.#compact();
    return true;
  }

  has(id: string): boolean {
    return this.#ordinals.has(id);
  }

  search(query: IndexQuery): IndexResult {
    const terms = this.#termsOf(query.parsed);
    if (terms.length === 0 || this.size === 0) return NOTHING;
    const model = this.#model();
    const passes = this.#passes(query);
    if (passes === null) return NOTHING;
    if (this.#board.capacity < this.#ids.length) this.#board = new ScoreBoard(this.#lengths.length);
    try {
      if (seesAll(query)) {
        this.#board.scoreWhole(terms, model);
        return this.#rankAll(query, passes);
      }
      const countsPassed = query.filter.matches === null;
      const { isWhole, passed } = this.#board.scoreBest(terms, model, query.limit, passes, countsPassed);
      return isWhole ? this.#rankAll(query, passes) : this.#rankBest(query, passes, countsPassed ? passed : null);
    } finally {
      this.#board.clear();
    }
  }

  #termsOf({ terms }: ParsedQuery): ScoredTerm[] {
    const live = this.size / Math.max(1, this.#ids.length);
    const found: ScoredTerm[] = [];
    for (const [term, count] of terms) {
      const list = this.#lists.get(term);
      if (list !== undefined) found.push({ list, weight: count * idf(list.size * live, this.size) });
    }
    return found.sort((a, b) => a.list.size - b.list.size);
  }

  #model(): LengthModel {
    const { k1, b } = this.#parameters;
    const average = Math.max(1, this.size === 0 ? 1 : this.#lengthSum / this.size);
    return { lengths: this.#lengths, base: k1 * (1 - b), slope: (k1 * b) / average, factor: k1 + 1 };
  }

  /** Whether a record may be shown and fits; null when none can. */
  #passes({ allows, filter, parsed }: IndexQuery): ((ordinal: number) => boolean) | null {
    const granted = this.#access.grants(allows);
    const excluded = [...parsed.excluded].flatMap((term) => this.#lists.get(term) ?? []);
    const words = new Set(parsed.phrases.flat().map(({ term }) => term));
    const required = [...words].flatMap((term) => this.#lists.get(term) ?? []);
    if (required.length < words.size) return null;
    const { matches } = filter;
    if (matches === null && excluded.length === 0 && required.length === 0) return granted;
    return (ordinal) =>
      granted(ordinal) &&
      excluded.every((list) => list.frequencyOf(ordinal) === 0) &&
      required.every((list) => list.frequencyOf(ordinal) > 0) &&
      (matches === null || matches(this.#ids[ordinal] as string, this.#attributes[ordinal] as RecordAttributes));
  }

  /** Ranks and counts everything that was scored. */
  #rankAll(query: IndexQuery, passes: (ordinal: number) => boolean): IndexResult {
    const best = new TopOrdinals(query.limit, this.#ids);
    const facets = new Map(query.facets.map((field) => [field, new Map<string, number>()]));
    let total = 0;
    for (const ordinal of this.#board.touched) {
      if (!passes(ordinal)) continue;
      total += 1;
      for (const [field, counts] of facets) {
        const attributes = this.#attributes[ordinal] as RecordAttributes;
        count(counts, valuesOf(field, this.#ids[ordinal] as string, attributes));
      }
      const score = this.#board.scoreOf(ordinal);
      if (best.admits(score)) best.push(ordinal, score);
    }
    return { hits: this.#hits(best), exhaustive: true, total, facets };
  }

  /** Ranks what can win; the total is the least that it can be: what is known to match, or what is returned. */
  #rankBest(query: IndexQuery, passes: (ordinal: number) => boolean, known: number | null): IndexResult {
    const best = new TopOrdinals(query.limit, this.#ids);
    for (const ordinal of this.#board.touched) {
      const score = this.#board.scoreOf(ordinal);
      if (best.admits(score) && passes(ordinal)) best.push(ordinal, score);
    }
    const hits = this.#hits(best);
    return { hits, exhaustive: false, total: known ?? hits.length, facets: new Map() };
  }

  #hits(best: TopOrdinals): IndexHit[] {
    return best.sorted((ordinal, raw) => ({
      id: this.#ids[ordinal] as string,
      raw,
      attributes: this.#attributes[ordinal] as RecordAttributes,
    }));
  }

  #grow(): void {
    const lengths = new Float32Array(this.#lengths.length * 2);
    lengths.set(this.#lengths);
    this.#lengths = lengths;
  }

  /** Numbers the live records anew and drops the postings of the others. */
  #compact(): void {
    const renumbered = new Int32Array(this.#ids.length).fill(-1);
    const ids: string[] = [];
    const attributes: (RecordAttributes | null)[] = [];
    const lengths = new Float32Array(this.#lengths.length);
    this.#attributes.forEach((entry, ordinal) => {
      if (entry === null) return;
      const id = this.#ids[ordinal] as string;
      renumbered[ordinal] = ids.length;
      lengths[ids.length] = this.#lengths[ordinal] as number;
      this.#ordinals.set(id, ids.length);
      ids.push(id);
      attributes.push(entry);
    });
    const access = new AccessColumn();
    attributes.forEach((entry, ordinal) => {
      if (entry !== null) access.set(ordinal, entry.acl);
    });
    const lists = new Map<string, PostingList>();
    for (const [term, list] of this.#lists) {
      const kept = new PostingList();
      for (let i = 0; i < list.size; i += 1) {
        const posting = list.packed[i] as number;
        const ordinal = renumbered[ordinalOf(posting)] as number;
        if (ordinal >= 0) kept.append(ordinal, frequencyOf(posting));
      }
      if (kept.size > 0) lists.set(term, kept);
    }
    this.#ids = ids;
    this.#attributes = attributes;
    this.#lengths = lengths;
    this.#lists = lists;
    this.#access = access;
  }
}

const NOTHING: IndexResult = { hits: [], exhaustive: true, total: 0, facets: new Map() };

/** Whether every match must be looked at. */
function seesAll({ facets, parsed }: IndexQuery): boolean {
  return facets.length > 0 || parsed.phrases.length > 0 || parsed.excluded.size > 0;
}

function count(counts: Map<string, number>, values: readonly (string | number)[]): void {
  for (const value of values) {
    const key = String(value);
    const before = counts.get(key);
    if (before !== undefined) counts.set(key, before + 1);
    else if (counts.size < FACET_VALUES_MAX) counts.set(key, 1);
  }
}
