import type { FilterField } from '@peermesh/contracts/search';
import type { AttributeFilter, RecordAttributes } from '../../ports.ts';
import { valuesOf } from '../query/filters.ts';
import type { ParsedQuery } from '../query/parse-query.ts';
import { TopK } from '../top-k.ts';
import { BM25_DEFAULTS, type Bm25Parameters, idf, termScore } from './bm25.ts';
import { frequencyOf, ordinalOf, PostingList } from './posting-list.ts';
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

/** A list longer than this is entered through its postings of highest impact only. */
const LONG_LIST = 30_000;
const IMPACT_POSTINGS_MAX = 3_000;
const RESCORED_MAX = 2_000;
const FACET_VALUES_MAX = 1_000;

interface Term {
  readonly list: PostingList;
  readonly weight: number;
}

/**
 * BM25 over the records of one tenant and kind, in memory. Short lists are scored whole; long ones contribute their
 * 3,000 postings of highest impact, and the best 2,000 candidates are then scored exactly. When access rules or filters
 * leave too few of those, everything is scored.
 */
export class KeywordIndex {
  readonly #parameters: Bm25Parameters;
  #ids: string[] = [];
  #attributes: (RecordAttributes | null)[] = [];
  #lengths = new Float32Array(256);
  #scores = new Float32Array(256);
  #lists = new Map<string, PostingList>();
  #impacts = new Map<string, { size: number; packed: Uint32Array }>();
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
    if (terms.length === 0 || this.size === 0) return { hits: [], exhaustive: true, total: 0, facets: new Map() };
    const whole = terms.every(({ list }) => list.size <= LONG_LIST) || query.facets.length > 0;
    if (whole) return this.#rank(query, this.#scoreWhole(terms), true);
    const fast = this.#rank(query, this.#scoreByImpact(terms, query.parsed), false);
    return fast.hits.length >= query.limit ? fast : this.#rank(query, this.#scoreWhole(terms), true);
  }

  #termsOf({ terms }: ParsedQuery): Term[] {
    const live = this.size / Math.max(1, this.#ids.length);
    const found: Term[] = [];
    for (const [term, count] of terms) {
      const list = this.#lists.get(term);
      if (list !== undefined) found.push({ list, weight: count * idf(list.size * live, this.size) });
    }
    return found.sort((a, b) => a.list.size - b.list.size);
  }

  /** Scores every posting of every term; returns the ordinals touched. */
  #scoreWhole(terms: readonly Term[]): number[] {
    const touched: number[] = [];
    const average = this.#averageLength();
    const { k1, b } = this.#parameters;
    const base = k1 * (1 - b);
    const slope = (k1 * b) / Math.max(average, 1);
    const scores = this.#scores;
    const lengths = this.#lengths;
    for (const { list, weight } of terms) {
      const { packed, size } = list;
      const gain = weight * (k1 + 1);
      for (let i = 0; i < size; i += 1) {
        const posting = packed[i] as number;
        const ordinal = ordinalOf(posting);
        const frequency = frequencyOf(posting);
        const before = scores[ordinal] as number;
        if (before === 0) touched.push(ordinal);
        scores[ordinal] = before + (gain * frequency) / (frequency + base + slope * (lengths[ordinal] as number));
      }
    }
    return touched;
  }

  #scoreByImpact(terms: readonly Term[], { terms: words }: ParsedQuery): number[] {
    const touched: number[] = [];
    const average = this.#averageLength();
    const scores = this.#scores;
    const names = new Map([...words.keys()].map((word) => [this.#lists.get(word), word]));
    for (const { list, weight } of terms) {
      const isLong = list.size > LONG_LIST;
      const packed = isLong ? this.#impactsOf(names.get(list) as string, list, average) : list.packed;
      const size = isLong ? packed.length : list.size;
      for (let i = 0; i < size; i += 1) {
        const posting = packed[i] as number;
        const ordinal = ordinalOf(posting);
        if (scores[ordinal] === 0) touched.push(ordinal);
        scores[ordinal] = (scores[ordinal] as number) + this.#share(weight, frequencyOf(posting), ordinal, average);
      }
    }
    const best = new TopK<number>(RESCORED_MAX, (a, b) => a < b);
    for (const ordinal of touched) {
      const score = scores[ordinal] as number;
      if (best.admits(score)) best.push(ordinal, score);
      scores[ordinal] = 0;
    }
    return best.sorted().map(({ item: ordinal }) => {
      let score = 0;
      for (const { list, weight } of terms) {
        const frequency = list.frequencyOf(ordinal);
        if (frequency > 0) score += this.#share(weight, frequency, ordinal, average);
      }
      scores[ordinal] = score;
      return ordinal;
    });
  }

  /** The postings of highest impact of a long list; made again when the list has grown by a fifth. */
  #impactsOf(term: string, list: PostingList, average: number): Uint32Array {
    const known = this.#impacts.get(term);
    if (known !== undefined && list.size < known.size * 1.2) return known.packed;
    const best = new TopK<number>(IMPACT_POSTINGS_MAX, (a, b) => a < b);
    for (let i = 0; i < list.size; i += 1) {
      const posting = list.packed[i] as number;
      const impact = this.#share(1, frequencyOf(posting), ordinalOf(posting), average);
      if (this.#attributes[ordinalOf(posting)] !== null && best.admits(impact)) best.push(posting, impact);
    }
    const packed = Uint32Array.from(best.sorted(), ({ item }) => item);
    this.#impacts.set(term, { size: list.size, packed });
    return packed;
  }

  /** Filters and ranks what was touched, and clears the scores. */
  #rank(query: IndexQuery, touched: readonly number[], exhaustive: boolean): IndexResult {
    const { allows, filter, parsed } = query;
    const ids = this.#ids;
    const best = new TopK<number>(query.limit, (a, b) => (ids[a] as string) < (ids[b] as string));
    const facets = new Map(query.facets.map((field) => [field, new Map<string, number>()]));
    const excluded = [...parsed.excluded].map((term) => this.#lists.get(term)).filter((list) => list !== undefined);
    const required = [...new Set(parsed.phrases.flat().map(({ term }) => term))].map((term) => this.#lists.get(term));
    const impossible = required.includes(undefined);
    let total = 0;
    for (const ordinal of touched) {
      const score = this.#scores[ordinal] as number;
      this.#scores[ordinal] = 0;
      const attributes = this.#attributes[ordinal];
      if (impossible || attributes === null || attributes === undefined || !allows(attributes.acl)) continue;
      if (excluded.some((list) => list.frequencyOf(ordinal) > 0)) continue;
      if (required.some((list) => list?.frequencyOf(ordinal) === 0)) continue;
      if (filter.matches !== null && !filter.matches(ids[ordinal] as string, attributes)) continue;
      total += 1;
      for (const [field, counts] of facets) count(counts, valuesOf(field, ids[ordinal] as string, attributes));
      if (best.admits(score)) best.push(ordinal, score);
    }
    const hits = best.sorted().map(({ item, score }) => ({
      id: ids[item] as string,
      raw: score,
      attributes: this.#attributes[item] as RecordAttributes,
    }));
    return { hits, exhaustive, total, facets };
  }

  #share(weight: number, frequency: number, ordinal: number, average: number): number {
    return termScore(weight, frequency, this.#lengths[ordinal] as number, average, this.#parameters);
  }

  #averageLength(): number {
    return this.size === 0 ? 1 : this.#lengthSum / this.size;
  }

  #grow(): void {
    const lengths = new Float32Array(this.#lengths.length * 2);
    lengths.set(this.#lengths);
    this.#lengths = lengths;
    this.#scores = new Float32Array(lengths.length);
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
    this.#impacts = new Map();
  }
}

function count(counts: Map<string, number>, values: readonly (string | number)[]): void {
  for (const value of values) {
    const key = String(value);
    const before = counts.get(key);
    if (before !== undefined) counts.set(key, before + 1);
    else if (counts.size < FACET_VALUES_MAX) counts.set(key, 1);
  }
}
