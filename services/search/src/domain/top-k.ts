/** Keeps the best `limit` of many: a binary heap with the worst on top. Ties are broken by `before`. */
export class TopK<Item> {
  readonly #items: Item[] = [];
  readonly #scores: number[] = [];
  readonly #limit: number;
  readonly #before: (a: Item, b: Item) => boolean;

  /** @param before whether `a` comes before `b` when their scores are equal */
  constructor(limit: number, before: (a: Item, b: Item) => boolean) {
    this.#limit = limit;
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  /** Whether an item with this score could still enter. */
  admits(score: number): boolean {
    return this.#items.length < this.#limit || score >= (this.#scores[0] as number);
  }

  push(item: Item, score: number): void {
    if (this.#limit === 0) return;
    if (this.#items.length < this.#limit) {
      this.#items.push(item);
      this.#scores.push(score);
      this.#up(this.#items.length - 1);
    } else if (this.#better(item, score, this.#items[0] as Item, this.#scores[0] as number)) {
      this.#items[0] = item;
      this.#scores[0] = score;
      this.#down();
    }
  }

  /** Best first. */
  sorted(): { item: Item; score: number }[] {
    return this.#items
      .map((item, i) => ({ item, score: this.#scores[i] as number }))
      .sort((a, b) => (this.#better(a.item, a.score, b.item, b.score) ? -1 : 1));
  }

  #better(a: Item, scoreA: number, b: Item, scoreB: number): boolean {
    return scoreA > scoreB || (scoreA === scoreB && this.#before(a, b));
  }

  #worse(i: number, j: number): boolean {
    return this.#better(
      this.#items[j] as Item,
      this.#scores[j] as number,
      this.#items[i] as Item,
      this.#scores[i] as number,
    );
  }

  #swap(i: number, j: number): void {
    const item = this.#items[i] as Item;
    const score = this.#scores[i] as number;
    this.#items[i] = this.#items[j] as Item;
    this.#scores[i] = this.#scores[j] as number;
    this.#items[j] = item;
    this.#scores[j] = score;
  }

  #up(from: number): void {
    let i = from;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#worse(i, parent)) return;
      this.#swap(i, parent);
      i = parent;
    }
  }

  #down(): void {
    let i = 0;
    for (;;) {
      let worst = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < this.#items.length && this.#worse(child, worst)) worst = child;
      }
      if (worst === i) return;
      this.#swap(i, worst);
      i = worst;
    }
  }
}
