import type { DisjointPaths, Path } from '../forwarding/routes.ts';

/** The first path and the next one that shares no relay with it, or else no link. */
export function disjointPathsOf(self: number, paths: readonly Pick<Path, 'segments'>[]): DisjointPaths | undefined {
  const [primary, ...others] = paths;
  if (primary === undefined) return undefined;
  for (const [kind, resourcesOf] of [
    ['node', relaysOf],
    ['link', linksOf],
  ] as const) {
    const used = new Set(resourcesOf(self, primary.segments));
    const second = others.findIndex(({ segments }) => !resourcesOf(self, segments).some((one) => used.has(one)));
    if (second >= 0) return { kind, first: 0, second: second + 1 };
  }
  return undefined;
}

/** A direct path has no relay; its link stands for itself, so that it is not disjoint from its own copy. */
function relaysOf(self: number, segments: readonly number[]): string[] {
  return segments.length === 1 ? linksOf(self, segments) : segments.slice(0, -1).map(String);
}

function linksOf(self: number, segments: readonly number[]): string[] {
  const nodes = [self, ...segments];
  return segments.map((head, index) => [nodes[index]!, head].sort((a, b) => a - b).join('-'));
}
