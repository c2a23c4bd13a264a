import type { MeshCore } from '@peermesh/mesh-core';
import type { KnownPeer } from '../store/index.ts';

/** How many are kept, the ones seen last. */
const PEERS_MAX = 64;

/** Whom this node was connected to and could dial again, the ones seen last first. */
export class KnownPeers {
  readonly #byId: Map<string, KnownPeer>;

  constructor(kept: readonly KnownPeer[]) {
    this.#byId = new Map(kept.map((peer) => [peer.nodeId, peer]));
  }

  get addresses(): string[] {
    return this.#sorted().map(({ address }) => address);
  }

  /**
   * Takes over the links that stand.
   * @returns the peers to be kept when others are connected than before, else null
   */
  look({ overlay, session }: Pick<MeshCore, 'overlay' | 'session'>, wallMs: number): KnownPeer[] | null {
    const members = session?.plane.state.members;
    if (overlay === null || members === undefined) return null;
    let isNew = false;
    for (const { peer: nodeId, shortId, isUp } of overlay.links()) {
      const address = members.get(shortId)?.address ?? '';
      if (!isUp || address === '') continue;
      isNew ||= this.#byId.get(nodeId)?.address !== address;
      this.#byId.set(nodeId, { nodeId, address, lastSeenMs: wallMs });
    }
    if (!isNew) return null;
    const kept = this.#sorted().slice(0, PEERS_MAX);
    for (const nodeId of this.#byId.keys()) if (!kept.some((peer) => peer.nodeId === nodeId)) this.#byId.delete(nodeId);
    return kept;
  }

  /** The mesh that they were of is left behind. */
  clear(): void {
    this.#byId.clear();
  }

  #sorted(): KnownPeer[] {
    return [...this.#byId.values()].sort((one, other) => other.lastSeenMs - one.lastSeenMs);
  }
}
