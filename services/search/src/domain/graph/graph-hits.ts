import type { LegHit, LegQuery, LegResult } from '../../ports.ts';
import type { Walk } from './walk.ts';

/** The part of a walk that a search asked for. */
export function graphResult(query: LegQuery, found: Walk, watermark: number): LegResult {
  const hits: LegHit[] = [];
  for (const node of found.reached) {
    if (!query.kinds.includes(node.attributes.kind)) continue;
    if (query.filter.matches !== null && !query.filter.matches(node.id, node.attributes)) continue;
    if (query.scoreMin !== null && node.score < query.scoreMin) continue;
    hits.push({ id: node.id, raw: node.score, attributes: node.attributes, path: node.path });
  }
  return {
    hits: hits.slice(0, query.limit),
    exhaustive: !found.truncated,
    partial: false,
    watermark,
    total: hits.length,
    facets: new Map(),
  };
}
