const ARITY = 4;

/**
 * A 4-ary minimum heap of the integers below its capacity, with decrease-key, whose keys live in an array of the caller.
 * Nothing is allocated after construction. Four children share a cache line, which beats a binary heap here.
 */
export class IndexHeap {
  readonly #items: Int32Array;
  /** Place in the heap plus 1; 0 is absent. */
  readonly #places: Int32Array;
  #size = 0;

  constructor(capacity: number) {
    this.#items = new Int32Array(capacity);
    this.#places = new Int32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  clear(): void {
    for (let place = 0; place < this.#size; place += 1) this.#places[this.#items[place]!] = 0;
    this.#size = 0;
  }

  /** Adds the item, or moves it up after its key became smaller. */
  push(item: number, keys: Float64Array): void {
    let place = this.#places[item]! - 1;
    if (place < 0) {
      place = this.#size;
      this.#size += 1;
    }
    const items = this.#items;
    const places = this.#places;
    const key = keys[item]!;
    while (place > 0) {
      const parent = (place - 1) >> 2;
      const above = items[parent]!;
      if (keys[above]! <= key) break;
      items[place] = above;
      places[above] = place + 1;
      place = parent;
    }
    items[place] = item;
    places[item] = place + 1;
  }

  /** Takes the item with the smallest key. The heap must not be empty. */
  pop(keys: Float64Array): number {
    const items = this.#items;
    const places = this.#places;
    const top = items[0]!;
    places[top] = 0;
    this.#size -= 1;
    const size = this.#size;
    if (size === 0) return top;
    const item = items[size]!;
    const key = keys[item]!;
    let place = 0;
    for (;;) {
      const first = place * ARITY + 1;
      if (first >= size) break;
      const last = first + ARITY < size ? first + ARITY : size;
      let best = first;
      let bestKey = keys[items[first]!]!;
      for (let child = first + 1; child < last; child += 1) {
        const childKey = keys[items[child]!]!;
        if (childKey < bestKey) {
          best = child;
          bestKey = childKey;
        }
      }
      if (bestKey >= key) break;
      const below = items[best]!;
      items[place] = below;
      places[below] = place + 1;
      place = best;
    }
    items[place] = item;
    places[item] = place + 1;
    return top;
  }
}
