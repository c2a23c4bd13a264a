import type { LegHit, LegQuery, LegResult, RecordAttributes } from '../../ports.ts';
import { pathOf, type Reached, type Walk } from './walk.ts';

/** What is known of a node besides its edges. */
export interface NodeDescription {
  readonly name: string;
  readonly attributes: RecordAttributes;
}

/** Describes nodes; those that are gone by now are absent. */
export type Describe = (ids: readonly string[]) => Promise<ReadonlyMap<string, NodeDescription>>;

/** The part of a walk that a search asked for. Only what is shown or must be filtered is described. */
export async function graphResult(
  query: LegQuery,
  found: Walk,
  describe: Describe,
  watermark: number,
): Promise<LegResult> {
  const { kinds, limit, scoreMin } = query;
  const { matches } = query.filter;
  const fitting = found.reached.filter(
    (node) => kinds.includes(node.kind) && (scoreMin === null || node.score >= scoreMin),
  );
  const looked = matches === null ? fitting.slice(0, limit) : fitting;
  const descriptions = looked.length === 0 ? NOTHING : await describe(looked.map(({ id }) => id));
  const hits = looked.flatMap((node) => hitOf(node, descriptions.get(node.id)));
  const passed = matches === null ? hits : hits.filter((hit) => matches(hit.id, hit.attributes));
  return {
    hits: passed.slice(0, limit),
    exhaustive: !found.truncated,
    partial: false,
    watermark,
    total: passed.length + fitting.length - looked.length,
    facets: new Map(),
  };
}

const NOTHING: ReadonlyMap<string, NodeDescription> = new Map();

function hitOf(node: Reached, description: NodeDescription | undefined): LegHit[] {
  if (description === undefined) return [];
  return [{ id: node.id, raw: node.score, attributes: description.attributes, path: pathOf(node) }];
}
