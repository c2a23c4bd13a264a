/** A pause that can be cut short, by {@link Rest.wake} or for good by {@link Rest.end}. */
export class Rest {
  #woken = false;
  #ended = false;
  #resolve: (() => void) | null = null;

  get isEnded(): boolean {
    return this.#ended;
  }

  /** Whether a wake-up has not been seen to yet. */
  get isWoken(): boolean {
    return this.#woken;
  }

  /** Ends the running pause, or the next one when none is running. */
  wake(): void {
    this.#woken = true;
    this.#resolve?.();
  }

  /** Ends this pause and every later one. */
  end(): void {
    this.#ended = true;
    this.#resolve?.();
  }

  /** Forgets a wake-up that has been seen to. */
  settle(): void {
    this.#woken = false;
  }

  async pause(ms: number): Promise<void> {
    if (this.#ended || this.#woken) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#resolve = null;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#resolve = done;
    });
  }
}
