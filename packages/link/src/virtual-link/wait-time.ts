/** How long something has waited in all, from `begin` to the next `end`. */
export class WaitTime {
  totalMs = 0;
  #sinceMs = -1;

  begin(nowMs: number): void {
    if (this.#sinceMs < 0) this.#sinceMs = nowMs;
  }

  end(nowMs: number): void {
    if (this.#sinceMs < 0) return;
    this.totalMs += nowMs - this.#sinceMs;
    this.#sinceMs = -1;
  }
}
