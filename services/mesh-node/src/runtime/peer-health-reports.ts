/** A peer is told of at most this often, however often its links come and go. */
const EVERY_MS = 10_000;
const HEALTHY_FROM_THE_START = { isHealthy: true, atMs: Number.NEGATIVE_INFINITY };

/**
 * What others are to be told of the health of peers: the first change at once, then the state in which a peer is after ten seconds
 * when it is another one than they know. A flap in between is nobody's business.
 */
export class PeerHealthReports {
  readonly #now = new Map<string, boolean>();
  readonly #told = new Map<string, { readonly isHealthy: boolean; readonly atMs: number }>();

  changed(peer: string, isHealthy: boolean): void {
    this.#now.set(peer, isHealthy);
  }

  /** What is to be told now. */
  takeDue(nowMs: number): readonly { readonly peer: string; readonly isHealthy: boolean }[] {
    const due: { peer: string; isHealthy: boolean }[] = [];
    for (const [peer, isHealthy] of this.#now) {
      const told = this.#told.get(peer) ?? HEALTHY_FROM_THE_START;
      if (told.isHealthy === isHealthy) this.#now.delete(peer);
      else if (nowMs - told.atMs >= EVERY_MS) {
        this.#now.delete(peer);
        this.#told.set(peer, { isHealthy, atMs: nowMs });
        due.push({ peer, isHealthy });
      }
    }
    return due;
  }

  /** It is no member any more. */
  forget(peer: string): void {
    this.#now.delete(peer);
    this.#told.delete(peer);
  }
}
