/** What happens to something that found no room in time. */
export type Overflow = 'drop-oldest' | 'drop-newest';

/** How much waits, and for how long somebody waits for room. */
export interface QueueLimits {
  readonly itemsMax: number;
  readonly blockMs: number;
  readonly overflow: Overflow;
}

/** 100 items; half a second for room; then the oldest goes. */
export const DEFAULT_QUEUE: QueueLimits = { itemsMax: 100, blockMs: 500, overflow: 'drop-oldest' };

interface Blocked<Item> {
  readonly item: Item;
  readonly untilMs: number;
  readonly settled: (isQueued: boolean) => void;
}

/**
 * A bounded queue for what may be lost. When it is full, whoever offers waits, as many as there are places; when the time is
 * over, the oldest or the newest is dropped, and counted.
 */
export class BoundedQueue<Item> {
  readonly #limits: QueueLimits;
  readonly #onDropped: (item: Item, which: 'dropped-oldest' | 'dropped-newest') => void;
  #items: Item[] = [];
  #blocked: Blocked<Item>[] = [];

  constructor(limits: QueueLimits, onDropped: (item: Item, which: 'dropped-oldest' | 'dropped-newest') => void) {
    this.#limits = limits;
    this.#onDropped = onDropped;
  }

  get size(): number {
    return this.#items.length;
  }

  /** Tells once, at once or later, whether the item is in the queue. */
  offer(item: Item, nowMs: number, settled: (isQueued: boolean) => void): void {
    const { itemsMax, blockMs } = this.#limits;
    if (this.#items.length < itemsMax) {
      this.#items.push(item);
      settled(true);
    } else if (blockMs > 0 && this.#blocked.length < itemsMax) {
      this.#blocked.push({ item, untilMs: nowMs + blockMs, settled });
    } else {
      this.#overflow(item, settled);
    }
  }

  /** The oldest items. */
  take(count: number): Item[] {
    const taken = this.#items.splice(0, count);
    this.#admit();
    return taken;
  }

  /** The oldest item, which stays. */
  peek(): Item | undefined {
    return this.#items[0];
  }

  /** Decides about those whose time is over. */
  tick(nowMs: number): void {
    if ((this.#blocked[0]?.untilMs ?? Number.POSITIVE_INFINITY) > nowMs) return;
    const over = this.#blocked.filter(({ untilMs }) => untilMs <= nowMs);
    this.#blocked = this.#blocked.filter(({ untilMs }) => untilMs > nowMs);
    for (const { item, settled } of over) this.#overflow(item, settled);
  }

  /** Nobody will take anything any more. */
  close(): void {
    const blocked = this.#blocked;
    this.#items = [];
    this.#blocked = [];
    for (const { settled } of blocked) settled(false);
  }

  #admit(): void {
    while (this.#items.length < this.#limits.itemsMax) {
      const next = this.#blocked.shift();
      if (next === undefined) return;
      this.#items.push(next.item);
      next.settled(true);
    }
  }

  #overflow(item: Item, settled: (isQueued: boolean) => void): void {
    if (this.#limits.overflow === 'drop-newest') {
      this.#onDropped(item, 'dropped-newest');
      return settled(false);
    }
    const oldest = this.#items.shift();
    if (oldest !== undefined) this.#onDropped(oldest, 'dropped-oldest');
    this.#items.push(item);
    settled(true);
  }
}
