import { frequencyOf, ordinalOf, type PostingList } from './posting-list.ts';

/** A term of a query with its list and its weight, the number of its occurrences times its idf. */
export interface ScoredTerm {
  readonly list: PostingList;
  readonly weight: number;
}

/** What BM25 needs to know of an index: `k1 (1 - b)`, `k1 b / average length`, `k1 + 1`, and the length of each record. */
export interface LengthModel {
  readonly lengths: Float32Array;
  readonly base: number;
  readonly slope: number;
  readonly factor: number;
}

/** A list shorter than this is scored whole: finding out whether it could be skipped costs as much. */
const WHOLE_LIST_MAX = 512;
/** Scores are summed in 32 bits; a bound must not be missed by their rounding. */
const ROUNDING = 1.00001;

/**
 * Adds up BM25 scores of one index, term by term, rarest first. {@link scoreBest} stops adding records when what is left
 * cannot lift a new one among the best (Turtle and Flood, max-score): the long lists of common words are then only looked
 * into for the records that can still win. The ranking is exact. The arrays are reused; one query at a time.
 */
export class ScoreBoard {
  readonly #scores: Float32Array;
  readonly #touched: Int32Array;
  #count = 0;

  constructor(capacity: number) {
    this.#scores = new Float32Array(capacity);
    this.#touched = new Int32Array(capacity);
  }

  get capacity(): number {
    return this.#scores.length;
  }

  /** The records that have a score, and can win after {@link scoreBest}. Valid until {@link clear}. */
  get touched(): Int32Array {
    return this.#touched.subarray(0, this.#count);
  }

  scoreOf(ordinal: number): number {
    return this.#scores[ordinal] as number;
  }

  clear(): void {
    for (let i = 0; i < this.#count; i += 1) this.#scores[this.#touched[i] as number] = 0;
    this.#count = 0;
  }

  /** Scores every posting of every term. */
  scoreWhole(terms: readonly ScoredTerm[], model: LengthModel): void {
    for (const term of terms) this.#addList(term, model);
  }

  /**
   * Scores what can be among the best `limit` of those that `passes` admits. Returns whether every posting was scored;
   * if not, `passed` is how many of the records that had been met until then `passes` admits, where `countsPassed` asks for it.
   */
  scoreBest(
    terms: readonly ScoredTerm[],
    model: LengthModel,
    limit: number,
    passes: (ordinal: number) => boolean,
    countsPassed: boolean,
  ): { readonly isWhole: boolean; readonly passed: number } {
    const rest = boundsOf(terms, model);
    for (let i = 0; i < terms.length; i += 1) {
      const term = terms[i] as ScoredTerm;
      if (term.list.size > WHOLE_LIST_MAX && this.#count >= limit) {
        const threshold = this.#threshold(limit, passes);
        if (threshold > (rest[i] as number)) {
          const passed = countsPassed ? this.#countPassing(passes) : 0;
          this.#finish(terms, i, rest, threshold, model);
          return { isWhole: false, passed };
        }
      }
      this.#addList(term, model);
    }
    return { isWhole: true, passed: 0 };
  }

  #countPassing(passes: (ordinal: number) => boolean): number {
    let passed = 0;
    for (let i = 0; i < this.#count; i += 1) if (passes(this.#touched[i] as number)) passed += 1;
    return passed;
  }

  #addList({ list, weight }: ScoredTerm, { lengths, base, slope, factor }: LengthModel): void {
    const scores = this.#scores;
    const touched = this.#touched;
    const { packed, size } = list;
    const gain = weight * factor;
    let count = this.#count;
    for (let i = 0; i < size; i += 1) {
      const posting = packed[i] as number;
      const ordinal = ordinalOf(posting);
      const frequency = frequencyOf(posting);
      const before = scores[ordinal] as number;
      if (before === 0) touched[count++] = ordinal;
      scores[ordinal] = before + (gain * frequency) / (frequency + base + slope * (lengths[ordinal] as number));
    }
    this.#count = count;
  }

  /** The lowest score among the best `limit` so far; -1 when there are fewer. */
  #threshold(limit: number, passes: (ordinal: number) => boolean): number {
    const heap = new Float32Array(limit);
    let size = 0;
    for (let i = 0; i < this.#count; i += 1) {
      const ordinal = this.#touched[i] as number;
      const score = this.#scores[ordinal] as number;
      if (size < limit) {
        if (passes(ordinal)) heap[size++] = score;
        if (size === limit) heapify(heap);
      } else if (score > (heap[0] as number) && passes(ordinal)) {
        heap[0] = score;
        sink(heap, 0);
      }
    }
    return size < limit ? -1 : (heap[0] as number);
  }

  /** Looks the records that can still win up in the lists that are left, and forgets the others. */
  #finish(terms: readonly ScoredTerm[], from: number, rest: Float64Array, threshold: number, model: LengthModel): void {
    this.#keep((rest[from] as number) * ROUNDING, threshold);
    this.touched.sort();
    for (let i = from; i < terms.length; i += 1) {
      this.#lookUp(terms[i] as ScoredTerm, model);
      this.#keep((rest[i + 1] as number) * ROUNDING, threshold);
    }
  }

  #keep(reach: number, threshold: number): void {
    let kept = 0;
    for (let i = 0; i < this.#count; i += 1) {
      const ordinal = this.#touched[i] as number;
      if ((this.#scores[ordinal] as number) + reach >= threshold) this.#touched[kept++] = ordinal;
      else this.#scores[ordinal] = 0;
    }
    this.#count = kept;
  }

  /** Walks a list and the records kept, both in order, by doubling steps. */
  #lookUp({ list, weight }: ScoredTerm, { lengths, base, slope, factor }: LengthModel): void {
    const { packed, size } = list;
    const gain = weight * factor;
    let at = 0;
    for (let i = 0; i < this.#count && at < size; i += 1) {
      const ordinal = this.#touched[i] as number;
      at = seek(packed, size, at, ordinal);
      if (at >= size) return;
      const posting = packed[at] as number;
      if (ordinalOf(posting) !== ordinal) continue;
      const frequency = frequencyOf(posting);
      this.#scores[ordinal] =
        (this.#scores[ordinal] as number) +
        (gain * frequency) / (frequency + base + slope * (lengths[ordinal] as number));
    }
  }
}

/** What the terms from each place on can add at most. */
function boundsOf(terms: readonly ScoredTerm[], { lengths, base, slope, factor }: LengthModel): Float64Array {
  const rest = new Float64Array(terms.length + 1);
  for (let i = terms.length - 1; i >= 0; i -= 1) {
    const { list, weight } = terms[i] as ScoredTerm;
    rest[i] = (rest[i + 1] as number) + weight * factor * list.impactMax(lengths, base, slope) * ROUNDING;
  }
  return rest;
}

/** The first place from `at` on whose ordinal is not below `ordinal`. */
function seek(packed: Uint32Array, size: number, at: number, ordinal: number): number {
  let step = 1;
  let low = at;
  let high = at;
  while (high < size && ordinalOf(packed[high] as number) < ordinal) {
    low = high + 1;
    high += step;
    step *= 2;
  }
  high = Math.min(high, size);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ordinalOf(packed[middle] as number) < ordinal) low = middle + 1;
    else high = middle;
  }
  return low;
}

function heapify(heap: Float32Array): void {
  for (let i = (heap.length >> 1) - 1; i >= 0; i -= 1) sink(heap, i);
}

function sink(heap: Float32Array, from: number): void {
  const value = heap[from] as number;
  let i = from;
  for (;;) {
    let child = 2 * i + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child += 1;
    if ((heap[child] as number) >= value) break;
    heap[i] = heap[child] as number;
    i = child;
  }
  heap[i] = value;
}
