import {
  type Advertisement,
  decodeMessage,
  encodeMessage,
  NodeFlag,
  parseSigned,
  signAdvertisement,
} from '@peermesh/routing';
import type { SeededRandom } from '../random.ts';
import type { RoutingWorld } from './routing-world.ts';

const OVERHEARD_MAX = 400;
const STRANGER = 99_999;

/** A member gone bad: replays what it overheard, alters it, forges it, lets strangers speak, sends garbage. */
export class Adversary {
  readonly #world: RoutingWorld;
  readonly #random: SeededRandom;
  readonly #overheard: Uint8Array[] = [];
  #place = 0;
  injected = 0;

  constructor(world: RoutingWorld, random: SeededRandom) {
    this.#world = world;
    this.#random = random;
  }

  /** Remembers some of the advertisements in a message. */
  overhear(bytes: Uint8Array): void {
    if (!this.#random.chance(0.1)) return;
    const message = decodeMessage(bytes);
    if (typeof message === 'string' || message.kind !== 'update') return;
    for (const advertisement of message.advertisements) {
      this.#overheard[this.#place % OVERHEARD_MAX] = advertisement;
      this.#place += 1;
    }
  }

  /** One attack on a random neighbour of a random node. */
  strike(): void {
    const { shape } = this.#world;
    if (shape.links.length === 0 || this.#overheard.length === 0) return;
    const { a, b } = this.#random.pick(shape.links);
    const [from, to] = this.#random.chance(0.5) ? [a, b] : [b, a];
    this.injected += 1;
    this.#world.deliver(from, to, this.#attack(from));
  }

  #attack(from: number): Uint8Array {
    const overheard = this.#random.pick(this.#overheard);
    switch (this.#random.integer(5)) {
      case 0:
        return update(overheard);
      case 1:
        return update(this.#altered(overheard));
      case 2:
        return update(this.#signedByAnother(overheard, from));
      case 3:
        return update(this.#signedByAnother(overheard, STRANGER, STRANGER));
      default:
        return this.#altered(update(overheard));
    }
  }

  #altered(bytes: Uint8Array): Uint8Array {
    const copy = bytes.slice();
    for (let flips = 1 + this.#random.integer(3); flips > 0; flips -= 1) {
      copy[this.#random.integer(copy.length)] = this.#random.integer(256);
    }
    return copy;
  }

  /** Claims to be newer and to have no links, under a key that is not the origin's. */
  #signedByAnother(bytes: Uint8Array, signer: number, origin?: number): Uint8Array {
    const parsed = parseSigned(bytes);
    if (typeof parsed === 'string') return bytes;
    const { advertisement } = parsed;
    const forged: Advertisement = {
      ...advertisement,
      origin: origin ?? advertisement.origin,
      version: { epoch: advertisement.version.epoch + this.#random.integer(3), seq: advertisement.version.seq + 50 },
      flags: NodeFlag.RELAY,
      links: [],
    };
    if (forged.origin === signer && origin === undefined) return bytes;
    return signAdvertisement(forged, { sign: (body) => this.#world.book.forge(signer, body), verify: () => false })
      .bytes;
  }
}

function update(advertisement: Uint8Array): Uint8Array {
  return encodeMessage({ kind: 'update', advertisements: [advertisement] });
}
