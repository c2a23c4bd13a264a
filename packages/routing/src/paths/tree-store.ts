import type { SearchSpace } from '../graph/search-space.ts';
import type { ShortestPathTree } from '../graph/shortest-path-tree.ts';
import { carryTree, type TopologyChange } from '../graph/topology-change.ts';

/** Trees by name; after a change of topology those that it cannot alter are kept. */
export class TreeStore {
  readonly #trees = new Map<string, ShortestPathTree>();
  #searches = 0;

  /** Searches made so far. */
  get searches(): number {
    return this.#searches;
  }

  has(name: string): boolean {
    return this.#trees.has(name);
  }

  get(space: SearchSpace, name: string, compute: (space: SearchSpace) => ShortestPathTree): ShortestPathTree {
    const known = this.#trees.get(name);
    if (known) return known;
    const tree = compute(space);
    this.#searches += 1;
    this.#trees.set(name, tree);
    return tree;
  }

  /** @param change undefined when nothing can be kept. @returns the names of the trees that are gone. */
  update(change: TopologyChange | undefined): Set<string> {
    const gone = new Set<string>();
    for (const [name, tree] of this.#trees) {
      const carried = change && carryTree(change, tree);
      if (carried) {
        this.#trees.set(name, carried);
      } else {
        this.#trees.delete(name);
        gone.add(name);
      }
    }
    return gone;
  }

  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.#trees.keys()) if (!names.has(name)) this.#trees.delete(name);
  }
}
