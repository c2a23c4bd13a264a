/** A thing that happens at a virtual time; `cancel` before it is due and it never does. */
export interface ScheduledEvent {
  readonly atMs: number;
  cancel(): void;
}

class QueuedEvent implements ScheduledEvent {
  readonly atMs: number;
  readonly order: number;
  run: (() => void) | null;

  constructor(atMs: number, order: number, run: () => void) {
    this.atMs = atMs;
    this.order = order;
    this.run = run;
  }

  cancel(): void {
    this.run = null;
  }
}

/** Virtual time: events in the order of their times, those of one time in the order in which they were scheduled. */
export class EventQueue {
  #heap: QueuedEvent[] = [];
  #order = 0;
  #nowMs = 0;
  #executed = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Events that have run. */
  get executed(): number {
    return this.#executed;
  }

  get size(): number {
    return this.#heap.length;
  }

  at(atMs: number, run: () => void): ScheduledEvent {
    const event = new QueuedEvent(atMs < this.#nowMs ? this.#nowMs : atMs, this.#order++, run);
    this.#push(event);
    return event;
  }

  after(delayMs: number, run: () => void): ScheduledEvent {
    return this.at(this.#nowMs + delayMs, run);
  }

  /** Runs the next event; false when there is none at or before `untilMs`. */
  step(untilMs: number): boolean {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.atMs > untilMs) return false;
      this.#pop();
      if (first.run === null) continue;
      this.#nowMs = first.atMs;
      this.#executed++;
      const { run } = first;
      first.run = null;
      run();
      return true;
    }
  }

  /** Runs everything due until then; the time is `untilMs` afterwards. */
  runUntil(untilMs: number): void {
    while (this.step(untilMs));
    if (this.#nowMs < untilMs) this.#nowMs = untilMs;
  }

  #push(event: QueuedEvent): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex] as QueuedEvent;
      if (isBefore(parent, event)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as QueuedEvent;
    const length = heap.length;
    if (length === 0) return;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= length) break;
      if (child + 1 < length && isBefore(heap[child + 1] as QueuedEvent, heap[child] as QueuedEvent)) child++;
      const candidate = heap[child] as QueuedEvent;
      if (isBefore(last, candidate)) break;
      heap[index] = candidate;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(left: QueuedEvent, right: QueuedEvent): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
}
