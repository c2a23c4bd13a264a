/** FNV-1a over the text, folded into `seed`: the same pair always gives the same number. */
export function hashSeed(seed: number, label: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let index = 0; index < label.length; index++) {
    hash ^= label.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d) >>> 0;
  hash ^= hash >>> 12;
  return hash >>> 0;
}

/**
 * Seeded randomness (sfc32, Chris Doty-Humphrey, PractRand). Not for secrets.
 * `fork` depends on the seed and the label only, never on what was drawn before: removing one user of randomness leaves
 * the others as they were, which is what makes a failing seed shrinkable.
 */
export class SeededRandom {
  readonly seed: number;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  /** The generator as a plain function in [0, 1), as the cores take it. */
  readonly next: () => number;

  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.#a = hashSeed(this.seed, 'a') | 0;
    this.#b = hashSeed(this.seed, 'b') | 0;
    this.#c = hashSeed(this.seed, 'c') | 0;
    this.next = () => this.#draw() / 4_294_967_296;
    for (let round = 0; round < 12; round++) this.#draw();
  }

  #draw(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    this.#c |= 0;
    return sum >>> 0;
  }

  fork(label: string): SeededRandom {
    return new SeededRandom(hashSeed(this.seed, label));
  }

  /** An integer in [0, bound). */
  integer(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** A number in [from, to). */
  between(from: number, to: number): number {
    return from + this.next() * (to - from);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Mean `mean`, never more than ten times that. */
  exponential(mean: number): number {
    return Math.min(-Math.log(1 - this.next()), 10) * mean;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('nothing to pick from');
    return items[this.integer(items.length)] as T;
  }

  shuffle<T>(items: readonly T[]): T[] {
    const copy = [...items];
    for (let index = copy.length - 1; index > 0; index--) {
      const other = this.integer(index + 1);
      const held = copy[index] as T;
      copy[index] = copy[other] as T;
      copy[other] = held;
    }
    return copy;
  }

  /** Each item with the probability given, at least one of a list that is not empty. */
  subset<T>(items: readonly T[], probability: number): T[] {
    const chosen = items.filter(() => this.chance(probability));
    return chosen.length > 0 || items.length === 0 ? chosen : [this.pick(items)];
  }
}
