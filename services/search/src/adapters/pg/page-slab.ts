const SLAB_BYTES = 256 * 1024;
const SPARE_MAX = 4;

/**
 * Memory for the pages that are written together, side by side, so that they are one value without being copied. Pages come and go
 * hundreds of times a second: memory of its own for each would be garbage that V8 collects the whole heap for.
 */
export class PageSlab {
  readonly #memory: Buffer;
  #used = 0;

  constructor(bytes: number) {
    this.#memory = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes));
  }

  /** The next bytes of it, not cleared; null when so many are not left. */
  take(bytes: number): Buffer | null {
    if (this.#used + bytes > this.#memory.length) return null;
    this.#used += bytes;
    return this.#memory.subarray(this.#used - bytes, this.#used);
  }

  /** All that was taken. */
  get taken(): Buffer {
    return this.#memory.subarray(0, this.#used);
  }

  clear(): void {
    this.#used = 0;
  }

  get isOfUsualSize(): boolean {
    return this.#memory.length === SLAB_BYTES;
  }
}

/** Slabs that are not in use, a few of them. */
export class PageSlabs {
  readonly #spare: PageSlab[] = [];

  /** One with room for so many bytes. */
  open(bytes: number): PageSlab {
    return (bytes <= SLAB_BYTES ? this.#spare.pop() : undefined) ?? new PageSlab(bytes);
  }

  /** Nobody looks at its pages any more. */
  giveBack(slab: PageSlab): void {
    if (!slab.isOfUsualSize || this.#spare.length >= SPARE_MAX) return;
    slab.clear();
    this.#spare.push(slab);
  }
}
