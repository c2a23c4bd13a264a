/** How a {@link TurnQueue} knows turns and time. */
export interface TurnQueueOptions {
  /** Calls back after the event loop has looked for what has arrived meanwhile. */
  readonly nextTurn: (callback: () => void) => void;
  /** Milliseconds. */
  readonly now: () => number;
}

interface Waiting {
  readonly since: number;
  readonly waitMsMax: number;
  readonly signal: AbortSignal;
  readonly start: () => void;
  readonly refuse: (waitedMs: number) => void;
}

/** Thrown to a question that waited too long to be started. */
export class WaitedTooLong extends Error {
  readonly waitedMs: number;

  constructor(waitedMs: number) {
    super('the question waited too long for its turn');
    this.name = 'WaitedTooLong';
    this.waitedMs = waitedMs;
  }
}

/**
 * Starts one question in each turn of the event loop, in the order of their arrival. Questions that are under way come
 * first in every turn: were all that arrive together started together, each step of each of them would wait for a step of
 * all the others, and legs that take several trips would never end in time. How many are under way follows by itself: few
 * when the processor is what is short, many when they wait for a database.
 */
export class TurnQueue {
  readonly #options: TurnQueueOptions;
  #waiting: Waiting[] = [];
  #first = 0;
  #isTaken = false;

  constructor(options: TurnQueueOptions) {
    this.#options = options;
  }

  /** Questions that have not been started. */
  get length(): number {
    return this.#waiting.length - this.#first;
  }

  /**
   * Resolves with the milliseconds waited when the question may start. Rejects with {@link WaitedTooLong} when its turn
   * comes after `waitMsMax`, and with the signal's reason when nobody waits for it any more.
   */
  async turn(waitMsMax: number, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    if (!this.#isTaken) {
      this.#take();
      return 0;
    }
    const since = this.#options.now();
    await new Promise<void>((resolve, reject) => {
      const refuse = (waitedMs: number): void =>
        reject(signal.aborted ? (signal.reason as Error) : new WaitedTooLong(waitedMs));
      this.#waiting.push({ since, waitMsMax, signal, start: resolve, refuse });
    });
    return this.#options.now() - since;
  }

  #take(): void {
    this.#isTaken = true;
    this.#options.nextTurn(() => this.#next());
  }

  /** Starts the oldest that still has time; those that have none are refused on the way. */
  #next(): void {
    this.#isTaken = false;
    const now = this.#options.now();
    while (this.#first < this.#waiting.length) {
      const { since, waitMsMax, signal, start, refuse } = this.#waiting[this.#first] as Waiting;
      this.#first += 1;
      if (now - since <= waitMsMax && !signal.aborted) {
        this.#take();
        start();
        break;
      }
      refuse(now - since);
    }
    if (this.#first * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#first = 0;
    }
  }
}
