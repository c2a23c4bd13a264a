/** Why a connection is ended whose other side gives no sign of life: heartbeats missed, or echoes. */
const LIFELESS: ReadonlySet<string> = new Set(['unhealthy', 'silent']);

interface PeerConnection {
  readonly id: number;
  readonly peer: string;
}

/**
 * Who is well, of those that this node is or was connected to: a peer is unhealthy from when the last connection to it gave no
 * sign of life three times until there is a new one. A connection counts until its end is decided: to say farewell to somebody
 * who is silent takes longer than he may need to come back.
 */
export class PeerHealth {
  readonly #connections = new Map<string, Set<number>>();
  readonly #unhealthy = new Set<string>();
  readonly #onChanged: (peer: string, isHealthy: boolean) => void;

  constructor(onChanged: (peer: string, isHealthy: boolean) => void) {
    this.#onChanged = onChanged;
  }

  isHealthy(peer: string): boolean {
    return !this.#unhealthy.has(peer);
  }

  connected({ id, peer }: PeerConnection): void {
    const connections = this.#connections.get(peer) ?? new Set();
    this.#connections.set(peer, connections.add(id));
    if (this.#unhealthy.delete(peer)) this.#onChanged(peer, true);
  }

  /** Its end is decided, or it is over; only the first word of it counts. */
  ended({ id, peer }: PeerConnection, reason: string): void {
    const connections = this.#connections.get(peer);
    if (connections === undefined || !connections.delete(id) || connections.size > 0) return;
    this.#connections.delete(peer);
    if (!LIFELESS.has(reason)) return;
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
