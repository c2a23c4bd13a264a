const SLAB_BYTES = 64 * 1024;
const ALIGNMENT = 8;
const NONE = new Uint8Array(0);

/**
 * Memory for the parts of one flow, which are given back in the order in which they were taken: in slabs that are used again,
 * small ones while the flow holds little. What it once needed it keeps until no part is left.
 */
export class PartMemory {
  /** Where the part that was reserved last lies. */
  slab: Uint8Array = NONE;
  #used = 0;
  #oldest: Uint8Array = NONE;
  readonly #spare: Uint8Array[] = [];

  /** Room for `length` bytes in `slab`; returns where. `heldBytes` is what the flow holds already. */
  reserve(length: number, heldBytes: number): number {
    if (this.#used + length > this.slab.length) this.#next(length, heldBytes);
    const at = this.#used;
    this.#used = (at + length + ALIGNMENT - 1) & -ALIGNMENT;
    return at;
  }

  /** The oldest part, which lies in `slab`, is done with. */
  release(slab: Uint8Array): void {
    const done = this.#oldest;
    if (slab === done) return;
    this.#oldest = slab;
    if (done.length === SLAB_BYTES) this.#spare.push(done);
  }

  /** No part is left. */
  clear(): void {
    this.slab = NONE;
    this.#oldest = NONE;
    this.#used = 0;
    this.#spare.length = 0;
  }

  #next(length: number, heldBytes: number): void {
    const size = Math.max(length, Math.min(SLAB_BYTES, 2 * heldBytes));
    this.slab = (size === SLAB_BYTES ? this.#spare.pop() : undefined) ?? new Uint8Array(size);
    this.#used = 0;
  }
}
