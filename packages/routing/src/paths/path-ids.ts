/**
 * Numbers for paths: the same segments keep their number for as long as some route uses them, and a number is not given
 * again before four billion others have been.
 */
export class PathIds {
  readonly #ids = new Map<string, { readonly id: number; uses: number }>();
  #last = 0;

  take(segments: readonly number[]): number {
    const key = segments.join();
    const known = this.#ids.get(key);
    if (known) {
      known.uses += 1;
      return known.id;
    }
    this.#last = this.#last >= 0xffff_ffff ? 1 : this.#last + 1;
    this.#ids.set(key, { id: this.#last, uses: 1 });
    return this.#last;
  }

  release(segments: readonly number[]): void {
    const key = segments.join();
    const known = this.#ids.get(key);
    if (!known) return;
    known.uses -= 1;
    if (known.uses === 0) this.#ids.delete(key);
  }
}
