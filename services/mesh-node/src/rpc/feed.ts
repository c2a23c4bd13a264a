/**
 * What is pushed on one side is pulled from the other. It never waits: whoever pushes is told when more than `sizeMax` is
 * untaken, and called back when that was taken.
 */
export class Feed<Item> {
  readonly #sizeMax: number;
  readonly #onRoom: () => void;
  #items: Item[] = [];
  #size = 0;
  #hasEnded = false;
  #error: unknown = null;
  #wake: (() => void) | null = null;

  constructor(sizeMax: number, onRoom: () => void = () => undefined) {
    this.#sizeMax = sizeMax;
    this.#onRoom = onRoom;
  }

  /** @returns whether there is room for more */
  push(item: Item, size: number): boolean {
    if (this.#hasEnded) return false;
    this.#items.push(item);
    this.#size += size;
    this.#wake?.();
    return this.#size < this.#sizeMax;
  }

  /** Nothing comes any more; after what is untaken the other side gets the error, if there is one. */
  end(error: unknown = null): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#error = error;
    this.#wake?.();
  }

  /** All that is there, again and again until the end. To be called once. */
  async *batches(): AsyncGenerator<Item[], void, undefined> {
    for (;;) {
      if (this.#items.length === 0) {
        if (this.#hasEnded && this.#error !== null) throw this.#error;
        if (this.#hasEnded) return;
        await new Promise<void>((resolve) => (this.#wake = resolve));
        this.#wake = null;
        continue;
      }
      const taken = this.#items;
      const wasFull = this.#size >= this.#sizeMax;
      this.#items = [];
      this.#size = 0;
      yield taken;
      if (wasFull && !this.#hasEnded) this.#onRoom();
    }
  }
}
