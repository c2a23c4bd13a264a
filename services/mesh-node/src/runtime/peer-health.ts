/** Why a connection is ended whose other side gives no sign of life: heartbeats missed, or echoes. */
const LIFELESS: ReadonlySet<string> = new Set(['unhealthy', 'silent']);

/**
 * Who is well, of those that this node is or was connected to: a peer is unhealthy from the end of a connection that gave no
 * sign of life three times until there is a new one.
 */
export class PeerHealth {
  readonly #unhealthy = new Set<string>();
  readonly #onChanged: (peer: string, isHealthy: boolean) => void;

  constructor(onChanged: (peer: string, isHealthy: boolean) => void) {
    this.#onChanged = onChanged;
  }

  isHealthy(peer: string): boolean {
    return !this.#unhealthy.has(peer);
  }

  connected(peer: string): void {
    if (this.#unhealthy.delete(peer)) this.#onChanged(peer, true);
  }

  closed(peer: string, reason: string): void {
    if (!LIFELESS.has(reason) || this.#unhealthy.has(peer)) return;
    this.#unhealthy.add(peer);
    this.#onChanged(peer, false);
  }

  /** Node ids. */
  get unhealthy(): readonly string[] {
    return [...this.#unhealthy];
  }

  /** Who is no member any more is forgotten. */
  keepOnly(isMember: (peer: string) => boolean): void {
    for (const peer of this.#unhealthy) if (!isMember(peer)) this.#unhealthy.delete(peer);
  }
}
