import type { EventQueue } from '../event-queue.ts';
import type { RoutingNode } from './routing-node.ts';
import type { PhysicalLink } from './world-shape.ts';

/** The echo detector in short: three missed echoes of 100 ms end a link, three good ones begin it. */
const ECHO_MS = 100;
const ECHOES = 3;

interface Side {
  readonly node: RoutingNode;
  readonly peer: RoutingNode;
  isUp: boolean;
  /** The starts of both nodes that this side's link is between. */
  session: string;
}

/** Tells both ends of one physical link when it lives and dies. */
export class LinkWatch {
  readonly link: PhysicalLink;
  readonly #queue: EventQueue;
  readonly #sides: readonly [Side, Side];
  readonly #isConnected: () => boolean;
  #good = 0;
  #missed = 0;

  constructor(
    queue: EventQueue,
    link: PhysicalLink,
    ends: readonly [RoutingNode, RoutingNode],
    isConnected: () => boolean,
  ) {
    this.link = link;
    this.#queue = queue;
    const [a, b] = ends;
    this.#sides = [
      { node: a, peer: b, isUp: false, session: '' },
      { node: b, peer: a, isUp: false, session: '' },
    ];
    this.#isConnected = isConnected;
  }

  start(phaseMs: number): void {
    this.#queue.after(phaseMs, () => this.#echo());
  }

  #echo(): void {
    const [{ node: a, peer: b }] = this.#sides;
    const isGood = a.isUp && b.isUp && !a.isPaused && !b.isPaused && this.#isConnected();
    this.#good = isGood ? this.#good + 1 : 0;
    this.#missed = isGood ? 0 : this.#missed + 1;
    const session = `${a.generation} ${b.generation}`;
    for (const side of this.#sides) {
      const isStale = side.isUp && side.session !== session;
      if (side.isUp && (this.#missed >= ECHOES || isStale)) this.#down(side);
      if (!side.isUp && this.#good >= ECHOES && !isStale) this.#up(side, session);
    }
    this.#queue.after(ECHO_MS, () => this.#echo());
  }

  #up(side: Side, session: string): void {
    const metrics = { latencyUs: this.link.latencyUs, jitterUs: 100, lossPpm: 0, spareKbps: 1_000_000, weight: 0 };
    const { node, peer } = side;
    side.isUp = true;
    side.session = session;
    node.act((router) => router.linkUp(this.#queue.nowMs, { peer: peer.id, linkId: peer.id, metrics, riskGroups: [] }));
  }

  #down(side: Side): void {
    const { node, peer } = side;
    side.isUp = false;
    node.act((router) => router.linkDown(this.#queue.nowMs, peer.id));
  }
}
