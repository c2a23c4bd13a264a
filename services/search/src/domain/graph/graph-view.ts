import type { Describe } from './graph-hits.ts';
import type { Expand } from './walk.ts';

/** The graph as one viewer may see it: what they may not read is neither shown nor walked through. */
export interface GraphView {
  /** Follows edges of some types, or of all; for one walk. */
  expand(types: readonly string[] | null): Expand;
  /** Names and attributes of nodes. */
  readonly describe: Describe;
}
