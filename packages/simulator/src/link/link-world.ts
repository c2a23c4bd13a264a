import { EventQueue } from '../event-queue.ts';
import { InvariantRegistry } from '../invariant.ts';
import type { LinkRule } from '../network/link-rule.ts';
import { SimNetwork } from '../network/network.ts';
import type { SeededRandom } from '../random.ts';
import { TraceRing } from '../trace.ts';
import { LINK_INVARIANTS } from './invariants.ts';
import type { LinkHost } from './lane-faults.ts';
import { type EndpointHost, LinkEndpoint, laneOf, type Wire, wireOf } from './link-endpoint.ts';
import { type LinkShape, TRAFFIC_UNTIL_MS } from './link-shape.ts';

const FRAMING_BYTES = 8;

/** Two ends, the network between them, and what they send each other. */
export class LinkWorld implements EndpointHost, LinkHost {
  readonly queue = new EventQueue();
  readonly trace = new TraceRing();
  readonly registry = new InvariantRegistry(LINK_INVARIANTS.map(({ name }) => name));
  readonly shape: LinkShape;
  readonly ends: readonly [LinkEndpoint, LinkEndpoint];
  disturbances = 0;
  fuzzed = 0;
  #rules = 0;
  #calmSinceMs = 0;
  readonly #random: SeededRandom;
  readonly #network: SimNetwork<Wire>;

  constructor(shape: LinkShape, random: SeededRandom) {
    this.shape = shape;
    this.#random = random;
    this.#network = new SimNetwork({
      queue: this.queue,
      random: random.fork('network'),
      profile: shape.profile,
      isUp: () => true,
      deliver: (_from, to, message, lane) => (to === 'a' ? this.ends[0] : this.ends[1]).receive(laneOf(lane), message),
    });
    this.ends = [new LinkEndpoint('a', this, random.fork('a')), new LinkEndpoint('b', this, random.fork('b'))];
  }

  nodes(): readonly string[] {
    return ['a', 'b'];
  }

  focus(): readonly string[] {
    return [];
  }

  addRule(rule: LinkRule): () => void {
    this.disturbances += 1;
    this.#rules += 1;
    const remove = this.#network.addRule(rule);
    return () => {
      this.disturbances += 1;
      this.#rules -= 1;
      this.#calmSinceMs = this.queue.nowMs;
      remove();
    };
  }

  get isCalm(): boolean {
    return this.#rules === 0 && this.queue.nowMs - this.#calmSinceMs > 1_000;
  }

  disturb(): void {
    this.disturbances += 1;
    this.#calmSinceMs = this.queue.nowMs;
  }

  send(from: string, lane: number, message: Wire): void {
    const bytes = message.kind === 'batch' ? message.bytes.length : 0;
    this.#network.send(
      from,
      from === 'a' ? 'b' : 'a',
      message,
      bytes + FRAMING_BYTES,
      wireOf(lane, message.generation),
    );
  }

  start(): void {
    const [a, b] = this.ends;
    a.start(b);
    b.start(a);
    for (const from of this.ends) for (const id of from.traffic.ids) this.#produce(from, id);
  }

  /** What must be true some time after the last fault. */
  finish(): void {
    for (const from of this.ends) {
      const stats = from.checkState();
      from.traffic.finish();
      const text = (): string => `${from.name}: ${JSON.stringify(stats)}`;
      this.registry.check('Drains', stats.heldBytes === 0, text);
      const to = from === this.ends[0] ? this.ends[1] : this.ends[0];
      const unreleased = to.link.stats().unreleasedBytes;
      for (const [c, window] of this.shape.config.creditBytes.entries()) {
        const credit = stats.creditBytes[c] ?? 0;
        const detail = (): string => `${from.name}, class ${c}: ${credit} + ${unreleased[c]} of ${window}`;
        this.registry.check('CreditConserved', credit + (unreleased[c] ?? 0) === window, detail);
      }
      for (const lane of stats.lanes.slice(0, this.shape.lanes)) {
        const isBack = lane.state === 'UP' && lane.carries.includes(lane.lane);
        const text = (): string => `${from.name}, lane ${lane.lane}: ${lane.state}, carries ${lane.carries}`;
        this.registry.check('Recovers', isBack && from.link.isUp, text);
      }
      const refused = [...from.link.refused.values()].reduce((sum, count) => sum + count, 0);
      this.registry.check('NoFalseRefusal', refused === from.garbage, () => `${refused} of ${from.garbage} refused`);
    }
  }

  #produce(from: LinkEndpoint, id: number): void {
    const waitMs = this.#random.exponential(this.shape.burstIntervalMs);
    if (this.queue.nowMs + waitMs > TRAFFIC_UNTIL_MS) return;
    this.queue.after(waitMs, () => {
      from.burst(id, 1 + this.#random.integer(8));
      this.#produce(from, id);
    });
  }
}
