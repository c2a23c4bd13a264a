/** Claimed work by endpoint: each endpoint runs so many at once, all together so many. */
export class EndpointLanes<Item> {
  readonly #perLane: number;
  readonly #total: number;
  readonly #waiting = new Map<string, Item[]>();
  readonly #running = new Map<string, number>();
  #runs = 0;

  constructor(limits: { readonly perLane: number; readonly total: number }) {
    this.#perLane = limits.perLane;
    this.#total = limits.total;
  }

  add(lane: string, item: Item): void {
    const queue = this.#waiting.get(lane);
    if (queue === undefined) this.#waiting.set(lane, [item]);
    else queue.push(item);
  }

  /** What may start now, in turns over the endpoints; each must be given back with {@link done}. */
  takeReady(): Item[] {
    const ready: Item[] = [];
    for (let moved = true; moved; ) {
      moved = false;
      for (const [lane, queue] of this.#waiting) {
        if (this.#runs >= this.#total) return ready;
        const running = this.#running.get(lane) ?? 0;
        if (running >= this.#perLane) continue;
        const item = queue.shift();
        if (queue.length === 0) this.#waiting.delete(lane);
        if (item === undefined) continue;
        this.#running.set(lane, running + 1);
        this.#runs += 1;
        ready.push(item);
        moved = true;
      }
    }
    return ready;
  }

  done(lane: string): void {
    const running = (this.#running.get(lane) ?? 0) - 1;
    if (running > 0) this.#running.set(lane, running);
    else this.#running.delete(lane);
    this.#runs -= 1;
  }

  /** Takes back what has not started at an endpoint, or anywhere. */
  drain(lane?: string): Item[] {
    const lanes = lane === undefined ? [...this.#waiting.keys()] : [lane];
    return lanes.flatMap((key) => {
      const items = this.#waiting.get(key) ?? [];
      this.#waiting.delete(key);
      return items;
    });
  }
}
