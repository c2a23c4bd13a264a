import { linkEpochOf } from '@peermesh/link';
import { DEFAULT_OVERLAY } from '@peermesh/overlay';
import { keyOf } from './keys.ts';
import type { SimMeshNode } from './mesh-node.ts';
import type { MeshWorld } from './world.ts';

const SAMPLE_MS = 500;
const { link, hold, flow } = DEFAULT_OVERLAY;
/** What one link may hold: its queue, and batches up to the credit of each class, headers included. */
const LINK_BYTES_MAX = link.queueBytesMax + 2 * link.creditBytes.reduce((sum, bytes) => sum + bytes, 0) * 1.8;
const PARKED_BYTES_MAX = 2 * link.creditBytes.reduce((sum, bytes) => sum + bytes, 0);

/** What must be true at any time: looked at twice a second. */
export class Watch {
  readonly #world: MeshWorld;
  #repaired = 0;
  #retransmitted = 0;
  #recalled = 0;
  #transit = 0;
  #givenUp = 0;
  readonly #last = new Map<string, readonly number[]>();

  constructor(world: MeshWorld) {
    this.#world = world;
  }

  start(): void {
    this.#world.queue.after(SAMPLE_MS, () => {
      this.check();
      this.start();
    });
  }

  check(): void {
    for (const node of this.#world.all()) {
      const { name, overlay, life } = node;
      if (overlay === null) continue;
      const { registry } = this.#world;
      const { counters } = overlay;
      const drops = (): string => `${name}: ${JSON.stringify(counters.drops())}`;
      const isStrict = counters.dropped('ttl') === 0 && counters.dropped('bad_route') === 0;
      registry.check('TtlNeverNeeded', isStrict, drops);
      const isWellFormed =
        counters.malformedFrames === 0 && counters.dropped('bad_type') + counters.dropped('bad_class') === 0;
      registry.check('NothingMalformed', isWellFormed, () => `${drops()}, ${counters.malformedFrames} malformed`);
      const held = overlay.heldBytes();
      const flows = this.#world.shape.nodes * 8;
      const isBounded =
        held.heldFrames <= hold.routeBytesMax &&
        held.sending <= flows * 2 * flow.sendBytesMax &&
        held.receiving <= flows * flow.windowBytes;
      registry.check('QueuesBounded', isBounded, () => `${name}: ${JSON.stringify(held)}`);
      for (const { peer, epoch, shortId, stats, parkedBytes, refused } of overlay.links()) {
        const text = (): string => `${name} to n${shortId}: ${stats.heldBytes} held, ${parkedBytes} parked`;
        registry.check('QueuesBounded', stats.heldBytes <= LINK_BYTES_MAX && parkedBytes <= PARKED_BYTES_MAX, text);
        const isFine = refused.size === 0 || !this.#isOfNow(node, peer, epoch);
        registry.check('NothingMalformed', isFine, () => `${text()}: ${JSON.stringify([...refused])}`);
      }
      this.#count(`${name} ${life}`, counters);
    }
  }

  /**
   * Whether a link is between the processes that run now. What a dead one sent may arrive when its successor has proved itself and
   * its link is forgotten: the link is begun anew for it, and does not fit what is under way.
   */
  #isOfNow(node: SimMeshNode, peer: string, epoch: number): boolean {
    const other = this.#world.all().find(({ nodeId }) => nodeId === peer);
    return other !== undefined && linkEpochOf(helloOf(node), helloOf(other)) === epoch;
  }

  counts(): Record<string, number> {
    return {
      'transit frames': this.#transit,
      'frames repaired': this.#repaired,
      'frames recalled': this.#recalled,
      'frames sent again': this.#retransmitted,
      'frames without a way': this.#givenUp,
    };
  }

  #count(key: string, counters: NonNullable<ReturnType<MeshWorld['all']>[number]['overlay']>['counters']): void {
    const givenUp = counters.dropped('stalled') + counters.dropped('no_route') + counters.dropped('hold_full');
    const { transitFrames, repairedFrames, recalledFrames, retransmittedFrames } = counters;
    const now = [transitFrames, repairedFrames, recalledFrames, retransmittedFrames, givenUp];
    const delta = now.map((value, index) => value - (this.#last.get(key)?.[index] ?? 0));
    this.#last.set(key, now);
    this.#transit += delta[0]!;
    this.#repaired += delta[1]!;
    this.#recalled += delta[2]!;
    this.#retransmitted += delta[3]!;
    this.#givenUp += delta[4]!;
  }
}

function helloOf({ name, incarnation }: SimMeshNode): Parameters<typeof linkEpochOf>[0] {
  return { nodeId: keyOf(name), incarnation };
}
