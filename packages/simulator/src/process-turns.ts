import type { EventQueue, ScheduledEvent } from './event-queue.ts';

/** A turn of the event loop: what arrives within it is served together. */
const TURN_MS = 0.05;

/** The event loop of a simulated process: what is to be done waits for the next turn, and a process that is paused has none. */
export class ProcessTurns<Process> {
  /** What each turn costs besides: a slow CPU, ms. */
  costMs = 0;
  readonly #queue: EventQueue;
  readonly #run: () => void;
  #inbox: ((process: Process) => void)[] = [];
  #turn: ScheduledEvent | null = null;
  #pausedUntilMs = 0;

  /** @param run a turn: takes what waits by {@link serve} */
  constructor(queue: EventQueue, run: () => void) {
    this.#queue = queue;
    this.#run = run;
  }

  get isPaused(): boolean {
    return this.#queue.nowMs < this.#pausedUntilMs;
  }

  pause(milliseconds: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#queue.nowMs + milliseconds);
    this.#wakeAt(this.#pausedUntilMs);
  }

  add(work: (process: Process) => void): void {
    this.#inbox.push(work);
    this.#wakeAt(this.#nextMs);
  }

  /** Does what waits. */
  serve(process: Process): void {
    for (const work of this.#inbox.splice(0)) work(process);
  }

  /** There is a turn at that time or before; never within the one that is, and not while paused. */
  plan(atMs: number): void {
    this.#wakeAt(Math.max(atMs, this.#nextMs));
  }

  /** The process is gone, and what waited with it. */
  end(): void {
    this.#inbox = [];
    this.#turn?.cancel();
    this.#turn = null;
  }

  get #nextMs(): number {
    return this.#queue.nowMs + TURN_MS + this.costMs;
  }

  #wakeAt(atMs: number): void {
    const dueMs = Math.max(atMs, this.#pausedUntilMs);
    if (this.#turn !== null && this.#turn.atMs <= dueMs && this.#turn.atMs >= this.#pausedUntilMs) return;
    this.#turn?.cancel();
    this.#turn = this.#queue.at(dueMs, () => {
      this.#turn = null;
      this.#run();
    });
  }
}
