import { meshErrors } from '@peermesh/errors';

const RETRY_SECONDS = 5;

/** How many may follow something at a time, over whatever protocol. */
export class Seats {
  readonly #max: number;
  #taken = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** A seat until the returned function is called. @throws `PM_MESH_BUSY` when there is none */
  take(): () => void {
    if (this.#taken >= this.#max) throw meshErrors.busy({ retryAfterSeconds: RETRY_SECONDS });
    this.#taken += 1;
    let isTaken = true;
    return () => {
      if (isTaken) this.#taken -= 1;
      isTaken = false;
    };
  }

  /** Takes a seat for what `open` makes, which must leave it; it is free again when that fails. */
  takeFor<T>(open: (leave: () => void) => T): T {
    const leave = this.take();
    try {
      return open(leave);
    } catch (error) {
      leave();
      throw error;
    }
  }
}
