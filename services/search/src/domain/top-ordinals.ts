/**
 * Keeps the best `limit` of many numbered things: a binary heap with the worst on top, in arrays of numbers. Of equal
 * scores the one with the smaller id is the better.
 */
export class TopOrdinals {
  readonly #ordinals: Int32Array;
  readonly #scores: Float64Array;
  readonly #limit: number;
  readonly #ids: readonly string[];
  #size = 0;

  /** @param ids the id of each ordinal */
  constructor(limit: number, ids: readonly string[]) {
    this.#limit = limit;
    this.#ids = ids;
    this.#ordinals = new Int32Array(limit);
    this.#scores = new Float64Array(limit);
  }

  get size(): number {
    return this.#size;
  }

  /** Whether something with this score could still enter. */
  admits(score: number): boolean {
    return this.#size < this.#limit || score >= (this.#scores[0] as number);
  }

  push(ordinal: number, score: number): void {
    if (this.#size < this.#limit) {
      this.#size += 1;
      this.#up(this.#size - 1, ordinal, score);
    } else if (this.#limit > 0 && this.#isBetter(ordinal, score, 0)) {
      this.#down(0, this.#size, ordinal, score);
    }
  }

  /** What was kept, best first. Nothing can be added after that. */
  sorted<Item>(itemOf: (ordinal: number, score: number) => Item): Item[] {
    for (let end = this.#size - 1; end > 0; end -= 1) {
      const ordinal = this.#ordinals[end] as number;
      const score = this.#scores[end] as number;
      this.#set(end, this.#ordinals[0] as number, this.#scores[0] as number);
      this.#down(0, end, ordinal, score);
    }
    const items: Item[] = [];
    for (let i = 0; i < this.#size; i += 1) items.push(itemOf(this.#ordinals[i] as number, this.#scores[i] as number));
    return items;
  }

  #set(at: number, ordinal: number, score: number): void {
    this.#ordinals[at] = ordinal;
    this.#scores[at] = score;
  }

  /** Whether something is better than what stands at a place. */
  #isBetter(ordinal: number, score: number, at: number): boolean {
    const other = this.#scores[at] as number;
    if (score !== other) return score > other;
    return (this.#ids[ordinal] as string) < (this.#ids[this.#ordinals[at] as number] as string);
  }

  /** Puts something at a free place or above it. */
  #up(from: number, ordinal: number, score: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#isBetter(ordinal, score, parent)) break;
      this.#set(at, this.#ordinals[parent] as number, this.#scores[parent] as number);
      at = parent;
    }
    this.#set(at, ordinal, score);
  }

  /** Puts something at a free place or below it, in a heap that ends before `end`. */
  #down(from: number, end: number, ordinal: number, score: number): void {
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= end) break;
      if (child + 1 < end && this.#isBetter(this.#ordinals[child] as number, this.#scores[child] as number, child + 1))
        child += 1;
      if (!this.#isBetter(ordinal, score, child)) break;
      this.#set(at, this.#ordinals[child] as number, this.#scores[child] as number);
      at = child;
    }
    this.#set(at, ordinal, score);
  }
}
