import { FREQUENCY_MAX } from './bm25.ts';

const FREQUENCY_BITS = 6;
/** Frequencies from here on share one bound. */
const BOUNDED_FREQUENCY_MAX = 15;

/** The records that hold one term, in order of their ordinal: 26 bits of ordinal and 6 bits of frequency for each. */
export class PostingList {
  #data = new Uint32Array(2);
  #size = 0;
  #bounded = 0;
  #shortest: Float32Array | null = null;

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#data.byteLength;
  }

  /** The packed postings; only the first {@link size} count. Valid until the next append. */
  get packed(): Uint32Array {
    return this.#data;
  }

  /** Ordinals must grow from call to call. */
  append(ordinal: number, frequency: number): void {
    if (this.#size === this.#data.length) {
      const grown = new Uint32Array(
        this.#data.length < 1024 ? this.#data.length * 2 : Math.ceil(this.#data.length * 1.5),
      );
      grown.set(this.#data);
      this.#data = grown;
    }
    this.#data[this.#size] = packPosting(ordinal, frequency);
    this.#size += 1;
  }

  /**
   * An upper bound of `f / (f + base + slope * length)` over all postings: what one of them can add to a BM25 score. It
   * is kept as the shortest record of each frequency, so it holds whatever base and slope are by then.
   */
  impactMax(lengths: Float32Array, base: number, slope: number): number {
    this.#shortest ??= new Float32Array(BOUNDED_FREQUENCY_MAX + 1).fill(Number.POSITIVE_INFINITY);
    const shortest = this.#shortest;
    for (; this.#bounded < this.#size; this.#bounded += 1) {
      const posting = this.#data[this.#bounded] as number;
      const frequency = Math.min(frequencyOf(posting), BOUNDED_FREQUENCY_MAX);
      const length = lengths[ordinalOf(posting)] as number;
      if (length < (shortest[frequency] as number)) shortest[frequency] = length;
    }
    let bound = 0;
    for (let frequency = 1; frequency <= BOUNDED_FREQUENCY_MAX; frequency += 1) {
      const length = shortest[frequency] as number;
      if (length === Number.POSITIVE_INFINITY) continue;
      const most = frequency === BOUNDED_FREQUENCY_MAX ? FREQUENCY_MAX : frequency;
      bound = Math.max(bound, most / (most + base + slope * length));
    }
    return bound;
  }

  /** The frequency in one record; 0 when it does not hold the term. */
  frequencyOf(ordinal: number): number {
    let low = 0;
    let high = this.#size - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const posting = this.#data[middle] as number;
      const found = ordinalOf(posting);
      if (found === ordinal) return frequencyOf(posting);
      if (found < ordinal) low = middle + 1;
      else high = middle - 1;
    }
    return 0;
  }
}

/** One posting in 32 bits. */
export function packPosting(ordinal: number, frequency: number): number {
  return ((ordinal << FREQUENCY_BITS) | Math.min(frequency, FREQUENCY_MAX)) >>> 0;
}

/** The ordinal of a packed posting. */
export function ordinalOf(posting: number): number {
  return posting >>> FREQUENCY_BITS;
}

/** The frequency of a packed posting. */
export function frequencyOf(posting: number): number {
  return posting & FREQUENCY_MAX;
}
