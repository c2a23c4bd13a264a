import { TrafficClass } from '@peermesh/link';
import type { Acceptance, SendOptions } from '@peermesh/overlay';
import type { SeededRandom } from '../random.ts';
import type { TrafficFlow } from './ledger.ts';
import type { SimMeshNode } from './mesh-node.ts';
import type { MeshWorld } from './world.ts';

const FIRST_CHANNEL = 16;
/** Channel of messages that checks send. */
const CHECK_CHANNEL = 200;

interface Producer {
  readonly flow: TrafficFlow;
  readonly options: SendOptions;
  readonly hasLarge: boolean;
}

/** What the nodes send each other: small and large messages of every class, reliable and not, over one path or several. */
export class Traffic {
  isOn = true;
  refused = 0;
  readonly #world: MeshWorld;
  readonly #random: SeededRandom;

  constructor(world: MeshWorld, random: SeededRandom) {
    this.#world = world;
    this.#random = random;
  }

  start(): void {
    const { shape } = this.#world;
    for (let src = 1; src <= shape.nodes; src += 1)
      for (let index = 0; index < shape.flowsPerNode; index += 1) this.#burst(this.#draw(src, index));
  }

  /** Sends one message of a check. Returns its number, or -1 when it was not accepted. */
  check(src: SimMeshNode, dst: number): number {
    const options = { trafficClass: TrafficClass.priority, isReliable: true };
    return this.#send({ src: src.id, dst, channel: CHECK_CHANNEL, isReliable: true }, options, 64);
  }

  #draw(src: number, index: number): Producer {
    const random = this.#random;
    const dst = 1 + ((src + random.integer(this.#world.shape.nodes - 1)) % this.#world.shape.nodes);
    const trafficClass = random.pick([TrafficClass.control, TrafficClass.priority, TrafficClass.bulk]);
    const isReliable = random.chance(0.75);
    const isMultiPath = isReliable && trafficClass === TrafficClass.bulk && random.chance(0.5);
    const flow = { src, dst, channel: FIRST_CHANNEL + index, isReliable };
    return { flow, options: { trafficClass, isReliable, isMultiPath }, hasLarge: random.chance(0.3) };
  }

  #burst(producer: Producer): void {
    const random = this.#random;
    this.#world.queue.after(random.exponential(this.#world.shape.burstIntervalMs), () => {
      for (let count = this.isOn ? 1 + random.integer(6) : 0; count > 0; count -= 1) {
        const isLarge = producer.hasLarge && random.chance(0.05);
        const bytes = isLarge ? 30_000 + random.integer(100_000) : 16 + random.integer(400);
        this.#send(producer.flow, producer.options, producer.flow.isReliable ? bytes : Math.min(bytes, 30_000));
      }
      this.#burst(producer);
    });
  }

  #send(flow: TrafficFlow, options: SendOptions, bytes: number): number {
    const node = this.#world.nodeById(flow.src);
    const { overlay } = node;
    if (overlay === null || node.turns.isPaused) return -1;
    const { ledger, queue } = this.#world;
    const message = ledger.next(bytes);
    const result: Acceptance = overlay.send(flow.dst, flow.channel, message, options, node.nowMs);
    if (result !== 'accepted') {
      this.refused += 1;
      return -1;
    }
    const number = ledger.onAccepted(flow, message, node.life, queue.nowMs);
    node.act(() => {});
    return number;
  }
}
