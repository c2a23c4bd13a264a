import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Viewer } from '../../ports.ts';
import { AttributePool, accessOf } from '../query/access.ts';
import type { EdgeRow } from './edges.ts';
import type { NodeDescription } from './graph-hits.ts';
import { GraphIndex } from './graph-index.ts';
import type { GraphView } from './graph-view.ts';
import type { Expand, Step } from './walk.ts';

/** A record of the graph. */
export interface GraphEntry {
  readonly tenantId: string;
  readonly id: string;
  /** Null when it is gone; absent for a relationship, which is edges and nothing else. */
  readonly node?: NodeDescription | null;
  /** All that the record makes. */
  readonly edges: readonly EdgeRow[];
}

/** Steps after which a walk lets others go first. */
const STEPS_A_TURN = 4_000;
const NOTHING: ReadonlyMap<string, NodeDescription> = new Map();

/** The graphs of all tenants, in memory. */
export class GraphStore {
  readonly #indexes = new Map<string, GraphIndex>();
  readonly #pool = new AttributePool();

  get bytes(): number {
    let bytes = 0;
    for (const index of this.#indexes.values()) bytes += index.bytes;
    return bytes;
  }

  /** Replaces what is known of a record. */
  put({ tenantId, id, node, edges }: GraphEntry): void {
    let index = this.#indexes.get(tenantId);
    if (index === undefined) {
      index = new GraphIndex();
      this.#indexes.set(tenantId, index);
    }
    if (node === null) index.setNode(id, null);
    else if (node !== undefined) index.setNode(id, { name: node.name, attributes: this.#pool.intern(node.attributes) });
    index.setEdges(
      id,
      edges.map((edge) => ({ ...edge, acl: this.#pool.list(edge.acl) })),
    );
  }

  /** As one viewer may see it; rejects with the signal's reason when nobody waits any more. */
  viewOf(viewer: Viewer, signal: AbortSignal): GraphView {
    const index = this.#indexes.get(viewer.tenantId);
    const allows = accessOf(viewer);
    return {
      expand: (types) => (index === undefined ? async () => [] : expandIn(index, allows, types, signal)),
      describe: async (ids) => {
        signal.throwIfAborted();
        if (index === undefined) return NOTHING;
        const grants = index.grants(allows);
        const found = new Map<string, NodeDescription>();
        for (const id of ids) {
          const node = index.describe(id, grants);
          if (node !== null) found.set(id, node);
        }
        return found;
      },
    };
  }
}

function expandIn(
  index: GraphIndex,
  allows: (acl: readonly string[]) => boolean,
  types: readonly string[] | null,
  signal: AbortSignal,
): Expand {
  return async (ids, fanout) => {
    signal.throwIfAborted();
    let grants = index.grants(allows);
    const steps: Step[] = [];
    let pausesAt = STEPS_A_TURN;
    for (const id of ids) {
      if (steps.length >= pausesAt) {
        pausesAt = steps.length + STEPS_A_TURN;
        await nextTurn();
        signal.throwIfAborted();
        grants = index.grants(allows);
      }
      index.follow(id, fanout, types, grants, steps);
    }
    return steps;
  };
}
