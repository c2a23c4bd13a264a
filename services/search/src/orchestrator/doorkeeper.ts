const SLOTS = 1 << 14;

/**
 * Remembers which keys have come lately, in 64 KiB and without keeping the keys. What is kept only from the second time on
 * does not fill the memory with things that nobody asks for again (Einziger, Friedman and Manes, TinyLFU). It forgets a key
 * when another takes its place, and very rarely takes one for another.
 */
export class Doorkeeper {
  readonly #slots = new Uint32Array(SLOTS);

  /** Whether the key has come before; from now on it has. */
  hasSeen(key: string): boolean {
    const hash = hashOf(key);
    const slot = hash % SLOTS;
    if (this.#slots[slot] === hash) return true;
    this.#slots[slot] = hash;
    return false;
  }
}

/** FNV-1a in 32 bits, never 0. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i += 1) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return hash >>> 0 || 1;
}
