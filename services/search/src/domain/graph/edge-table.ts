import { AccessColumn } from '../query/access-column.ts';

const FIRST_CAPACITY = 256;
/** The end of a chain. */
export const NONE = -1;

/** What an edge is made of, with numbers for its ends and the record that it belongs to. */
export interface NewEdge {
  readonly from: number;
  readonly to: number;
  /** Number of the type. */
  readonly type: number;
  readonly inverse: boolean;
  /** 0 to 1. */
  readonly weight: number;
  /** Interned. */
  readonly acl: readonly string[];
}

/** Edges by number in columns, 36 bytes each, so that a million of them are nothing that a garbage collector looks at. */
export class EdgeTable {
  #from = new Int32Array(FIRST_CAPACITY);
  #to = new Int32Array(FIRST_CAPACITY);
  #labels = new Int32Array(FIRST_CAPACITY);
  #next = new Int32Array(FIRST_CAPACITY);
  #weights = new Float64Array(FIRST_CAPACITY);
  readonly #access = new AccessColumn();
  #end = 0;
  #free = NONE;

  get bytes(): number {
    return this.#from.length * 28;
  }

  /** Adds an edge; `next` is another of the same record. Returns its number. */
  add(edge: NewEdge, next: number): number {
    const at = this.#take();
    this.#from[at] = edge.from;
    this.#to[at] = edge.to;
    this.#labels[at] = edge.type * 2 + (edge.inverse ? 1 : 0);
    this.#weights[at] = edge.weight;
    this.#next[at] = next;
    this.#access.set(at, edge.acl);
    return at;
  }

  /** Frees a number for another edge; returns the next of the same record. */
  remove(at: number): number {
    const next = this.nextOf(at);
    this.#access.clear(at);
    this.#next[at] = this.#free;
    this.#free = at;
    return next;
  }

  fromOf(at: number): number {
    return this.#from[at] as number;
  }

  toOf(at: number): number {
    return this.#to[at] as number;
  }

  typeOf(at: number): number {
    return (this.#labels[at] as number) >> 1;
  }

  isInverse(at: number): boolean {
    return ((this.#labels[at] as number) & 1) === 1;
  }

  weightOf(at: number): number {
    return this.#weights[at] as number;
  }

  /** The next edge of the same record, or {@link NONE}. */
  nextOf(at: number): number {
    return this.#next[at] as number;
  }

  /** Which edges one viewer may follow. */
  grants(allows: (acl: readonly string[]) => boolean): (at: number) => boolean {
    return this.#access.grants(allows);
  }

  #take(): number {
    const free = this.#free;
    if (free !== NONE) {
      this.#free = this.nextOf(free);
      return free;
    }
    if (this.#end === this.#from.length) this.#grow();
    this.#end += 1;
    return this.#end - 1;
  }

  #grow(): void {
    const capacity = Math.ceil(this.#from.length * 1.5);
    this.#from = grown(this.#from, new Int32Array(capacity));
    this.#to = grown(this.#to, new Int32Array(capacity));
    this.#labels = grown(this.#labels, new Int32Array(capacity));
    this.#next = grown(this.#next, new Int32Array(capacity));
    this.#weights = grown(this.#weights, new Float64Array(capacity));
  }
}

/** The larger column with the values of the smaller. */
export function grown<Column extends Int32Array | Float64Array>(smaller: Column, larger: Column): Column {
  larger.set(smaller);
  return larger;
}
