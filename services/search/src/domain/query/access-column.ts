const FIRST_CAPACITY = 256;
const ALLOWED = 1;
const DENIED = 2;

/**
 * The access list of each record of an index, by its ordinal, as a small number: deciding about a hundred thousand
 * records then takes one decision for each distinct list. Lists are told apart by identity, so they must be interned.
 */
export class AccessColumn {
  #numbers = new Uint32Array(FIRST_CAPACITY);
  readonly #lists: (readonly string[])[] = [[]];
  readonly #known = new Map<readonly string[], number>();

  set(ordinal: number, acl: readonly string[]): void {
    if (ordinal >= this.#numbers.length) {
      const grown = new Uint32Array(Math.max(this.#numbers.length * 2, ordinal + 1));
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    let number = this.#known.get(acl);
    if (number === undefined) {
      number = this.#lists.push(acl) - 1;
      this.#known.set(acl, number);
    }
    this.#numbers[ordinal] = number;
  }

  /** A cleared ordinal is nobody's. */
  clear(ordinal: number): void {
    this.#numbers[ordinal] = 0;
  }

  /** What one viewer may read: asks `allows` once for each distinct list that is met. */
  grants(allows: (acl: readonly string[]) => boolean): (ordinal: number) => boolean {
    const numbers = this.#numbers;
    const lists = this.#lists;
    const decided = new Uint8Array(lists.length);
    decided[0] = DENIED;
    return (ordinal) => {
      const number = numbers[ordinal] as number;
      if (decided[number] === 0) decided[number] = allows(lists[number] as readonly string[]) ? ALLOWED : DENIED;
      return decided[number] === ALLOWED;
    };
  }
}
