import { TrafficClass } from '@peermesh/link';
import type { SeededRandom } from '../random.ts';
import type { WholeNode } from './whole-node.ts';
import type { NodeWorld } from './world.ts';

const FIRST_CHANNEL = 16;
/** Channel of messages that checks send. */
const CHECK_CHANNEL = 200;
const CLASSES = [TrafficClass.priority, TrafficClass.bulk] as const;

/** What applications send from node to node, under the short ids that the control group gave: reliable or not, small and large. */
export class Traffic {
  isOn = true;
  refused = 0;
  readonly #world: NodeWorld;
  readonly #random: SeededRandom;

  constructor(world: NodeWorld, random: SeededRandom) {
    this.#world = world;
    this.#random = random;
  }

  start(): void {
    for (const node of this.#world.all()) this.#burst(node);
  }

  /** Sends one message of a check. Returns its number, or -1 when it was not accepted. */
  check(src: WholeNode, dst: number): number {
    return this.#send(src, dst, CHECK_CHANNEL, 64);
  }

  #burst(node: WholeNode): void {
    const random = this.#random;
    this.#world.queue.after(random.exponential(this.#world.shape.messageIntervalMs), () => {
      const others = [...(node.core?.session?.plane.state.members.keys() ?? [])].filter((id) => id !== node.shortId);
      if (this.isOn && others.length > 0) {
        const bytes = random.chance(0.05) ? 10_000 + random.integer(60_000) : 16 + random.integer(400);
        const channel = FIRST_CHANNEL + random.integer(4);
        this.#send(node, random.pick(others), channel, isReliable(channel) ? bytes : Math.min(bytes, 20_000));
      }
      this.#burst(node);
    });
  }

  #send(node: WholeNode, dst: number, channel: number, bytes: number): number {
    const { core, shortId } = node;
    if (core === null || shortId === 0 || node.turns.isPaused) return -1;
    const { ledger, queue } = this.#world;
    const message = ledger.next(bytes);
    const trafficClass =
      channel === CHECK_CHANNEL ? TrafficClass.priority : (CLASSES[channel % 2] ?? TrafficClass.bulk);
    const options = { trafficClass, isReliable: isReliable(channel) };
    if (core.send(dst, channel, message, options, node.nowMs) !== 'accepted') {
      this.refused += 1;
      return -1;
    }
    const flow = { src: shortId, dst, channel, isReliable: isReliable(channel) };
    const number = ledger.onAccepted(flow, message, node.life, queue.nowMs);
    node.act(() => {});
    return number;
  }
}

function isReliable(channel: number): boolean {
  return channel !== FIRST_CHANNEL + 3;
}
