import { AccessColumn } from '../query/access-column.ts';
import { EdgeTable, grown, NONE } from './edge-table.ts';
import type { EdgeRow } from './edges.ts';
import type { NodeDescription } from './graph-hits.ts';
import type { Step } from './walk.ts';

const FIRST_CAPACITY = 256;
const BYTES_PER_NODE = 400;
const NO_EDGES: readonly number[] = [];

/** What one viewer may see of an index. */
export interface Grants {
  readonly node: (ordinal: number) => boolean;
  readonly edge: (at: number) => boolean;
}

/**
 * The nodes and edges of one tenant in memory. The edges of a node are kept in the order in which walks follow them: the
 * heaviest first, then by the id of the far end. A node that edges lead to before it is there, or after it is gone, has a
 * number and no description; so has a relationship.
 */
export class GraphIndex {
  readonly #ordinals = new Map<string, number>();
  #ids: string[] = [];
  #nodes: (NodeDescription | null)[] = [];
  #edgesOf: (number[] | null)[] = [];
  #arrivals = new Int32Array(FIRST_CAPACITY);
  #firstOfRecord = new Int32Array(FIRST_CAPACITY);
  #free: number[] = [];
  readonly #edges = new EdgeTable();
  readonly #access = new AccessColumn();
  readonly #types: string[] = [];
  readonly #typeNumbers = new Map<string, number>();

  /** An estimate of the memory in use. */
  get bytes(): number {
    return this.#ids.length * BYTES_PER_NODE + this.#edges.bytes;
  }

  /** Sets or, with null, removes a node. Its access list must be interned. */
  setNode(id: string, node: NodeDescription | null): void {
    const ordinal = this.#ordinalOf(id);
    this.#nodes[ordinal] = node;
    if (node === null) this.#access.clear(ordinal);
    else this.#access.set(ordinal, node.attributes.acl);
    this.#release(ordinal);
  }

  /** Replaces the edges that a record makes. Their access lists must be interned. */
  setEdges(recordId: string, edges: readonly EdgeRow[]): void {
    const record = this.#ordinalOf(recordId);
    this.#arrivals[record] = (this.#arrivals[record] as number) + 1;
    let old = this.#firstOfRecord[record] as number;
    this.#firstOfRecord[record] = NONE;
    while (old !== NONE) old = this.#unlink(old);
    for (const { from, to, type, inverse, weight, acl } of edges) {
      const edge = {
        from: this.#ordinalOf(from),
        to: this.#ordinalOf(to),
        type: this.#typeOf(type),
        inverse,
        weight,
        acl,
      };
      const at = this.#edges.add(edge, this.#firstOfRecord[record] as number);
      this.#firstOfRecord[record] = at;
      this.#arrivals[edge.to] = (this.#arrivals[edge.to] as number) + 1;
      const siblings = this.#edgesOf[edge.from] ?? [];
      siblings.splice(this.#placeOf(siblings, at), 0, at);
      this.#edgesOf[edge.from] = siblings;
    }
    this.#arrivals[record] = (this.#arrivals[record] as number) - 1;
    this.#release(record);
  }

  /** Decides once for each distinct access list that is met. */
  grants(allows: (acl: readonly string[]) => boolean): Grants {
    return { node: this.#access.grants(allows), edge: this.#edges.grants(allows) };
  }

  /** A node that may be seen, by id. */
  describe(id: string, { node }: Grants): NodeDescription | null {
    const ordinal = this.#ordinals.get(id);
    return ordinal === undefined || !node(ordinal) ? null : (this.#nodes[ordinal] ?? null);
  }

  /** Adds the best edges of a node that may be followed, at most `fanout` of them. */
  follow(id: string, fanout: number, types: readonly string[] | null, grants: Grants, steps: Step[]): void {
    const ordinal = this.#ordinals.get(id);
    if (ordinal === undefined || !grants.node(ordinal)) return;
    const edges = this.#edges;
    let left = fanout;
    for (const at of this.#edgesOf[ordinal] ?? NO_EDGES) {
      if (left === 0) break;
      const to = edges.toOf(at);
      if (!grants.edge(at) || !grants.node(to)) continue;
      const type = this.#types[edges.typeOf(at)] as string;
      if (types !== null && !types.includes(type)) continue;
      const { kind } = (this.#nodes[to] as NodeDescription).attributes;
      steps.push({
        from: id,
        to: this.#ids[to] as string,
        type,
        weight: edges.weightOf(at),
        inverse: edges.isInverse(at),
        kind,
      });
      left -= 1;
    }
  }

  /** Takes an edge out of the list of its node; returns the next of its record. */
  #unlink(at: number): number {
    const from = this.#edges.fromOf(at);
    const to = this.#edges.toOf(at);
    const siblings = this.#edgesOf[from] as number[];
    siblings.splice(siblings.indexOf(at, this.#firstPlaceOf(siblings, at)), 1);
    if (siblings.length === 0) this.#edgesOf[from] = null;
    this.#arrivals[to] = (this.#arrivals[to] as number) - 1;
    const next = this.#edges.remove(at);
    this.#release(from);
    this.#release(to);
    return next;
  }

  /** Behind all edges that are as good. */
  #placeOf(siblings: readonly number[], at: number): number {
    return this.#search(siblings, (other) => !this.#isBefore(at, other));
  }

  /** Before all edges that are as good. */
  #firstPlaceOf(siblings: readonly number[], at: number): number {
    return this.#search(siblings, (other) => this.#isBefore(other, at));
  }

  /** The first place whose edge does not belong to the left, by halving. */
  #search(siblings: readonly number[], isLeft: (other: number) => boolean): number {
    let low = 0;
    let high = siblings.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isLeft(siblings[middle] as number)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #isBefore(a: number, b: number): boolean {
    const edges = this.#edges;
    const difference = edges.weightOf(a) - edges.weightOf(b);
    if (difference !== 0) return difference > 0;
    return (this.#ids[edges.toOf(a)] as string) < (this.#ids[edges.toOf(b)] as string);
  }

  #typeOf(type: string): number {
    let number = this.#typeNumbers.get(type);
    if (number === undefined) {
      number = this.#types.push(type) - 1;
      this.#typeNumbers.set(type, number);
    }
    return number;
  }

  #ordinalOf(id: string): number {
    const known = this.#ordinals.get(id);
    if (known !== undefined) return known;
    const ordinal = this.#free.pop() ?? this.#ids.length;
    if (ordinal >= this.#arrivals.length) {
      this.#arrivals = grown(this.#arrivals, new Int32Array(this.#arrivals.length * 2));
      this.#firstOfRecord = grown(this.#firstOfRecord, new Int32Array(this.#firstOfRecord.length * 2));
    }
    this.#ids[ordinal] = id;
    this.#nodes[ordinal] = null;
    this.#edgesOf[ordinal] = null;
    this.#arrivals[ordinal] = 0;
    this.#firstOfRecord[ordinal] = NONE;
    this.#access.clear(ordinal);
    this.#ordinals.set(id, ordinal);
    return ordinal;
  }

  /** Forgets what nothing refers to any more. */
  #release(ordinal: number): void {
    if (this.#nodes[ordinal] !== null || this.#edgesOf[ordinal] !== null) return;
    if (this.#arrivals[ordinal] !== 0 || this.#firstOfRecord[ordinal] !== NONE) return;
    const id = this.#ids[ordinal] as string;
    if (this.#ordinals.get(id) !== ordinal) return;
    this.#ordinals.delete(id);
    this.#ids[ordinal] = '';
    this.#free.push(ordinal);
  }
}
