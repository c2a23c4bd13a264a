import type { RealtimeEntry } from './entry.ts';
import type { Position } from './position.ts';

/** The latest entries in order of arrival, bounded by number and bytes. */
export class EventRing {
  readonly #entriesMax: number;
  readonly #bytesMax: number;
  readonly #entries: (RealtimeEntry | undefined)[];
  #head = 0;
  #size = 0;
  #bytes = 0;
  /** Everything after this is in the ring. */
  readonly #floor: Position;

  constructor(options: { readonly entriesMax: number; readonly bytesMax: number; readonly floor: Position }) {
    this.#entriesMax = options.entriesMax;
    this.#bytesMax = options.bytesMax;
    this.#entries = Array.from({ length: options.entriesMax });
    this.#floor = { ...options.floor };
  }

  get floor(): Readonly<Position> {
    return this.#floor;
  }

  /** Number of the next entry, for {@link from}. */
  get end(): number {
    return this.#head + this.#size;
  }

  /** Number of the oldest entry. */
  get start(): number {
    return this.#head;
  }

  push(entry: RealtimeEntry): void {
    while (this.#size > 0 && (this.#size >= this.#entriesMax || this.#bytes + bytesOf(entry) > this.#bytesMax))
      this.#evict();
    this.#entries[this.end % this.#entriesMax] = entry;
    this.#size++;
    this.#bytes += bytesOf(entry);
  }

  /** The entry with this number, while it is kept. */
  at(number: number): RealtimeEntry | undefined {
    return number < this.#head || number >= this.end ? undefined : this.#entries[number % this.#entriesMax];
  }

  /** Whether nothing that came after the position is missing. */
  covers(position: Readonly<Position>): boolean {
    return position.p >= this.#floor.p && position.s >= this.#floor.s;
  }

  /** Forgets everything; the ring then holds all that comes after `floor`. */
  clear(floor: Readonly<Position>): void {
    while (this.#size > 0) this.#evict();
    this.#floor.p = floor.p;
    this.#floor.s = floor.s;
  }

  #evict(): void {
    const slot = this.#head % this.#entriesMax;
    const entry = this.#entries[slot]!;
    this.#entries[slot] = undefined;
    this.#floor[entry.stream] = Math.max(this.#floor[entry.stream], entry.sequence);
    this.#bytes -= bytesOf(entry);
    this.#head++;
    this.#size--;
  }
}

function bytesOf(entry: RealtimeEntry): number {
  return entry.message.length + entry.sse.length;
}
