import type { OfferedPath, RouteOffer } from '../../src/offers/route-offer.ts';
import { PathFinder } from '../../src/paths/path-finder.ts';
import type { TestMesh } from './mesh.ts';
import { integerBetween } from './random.ts';

/** An offer for a node from what another node's database holds: as an element with that view would compute it. */
export function offerFrom(mesh: TestMesh, view: number, source: number, changes: Partial<RouteOffer> = {}): RouteOffer {
  const basis = mesh.router(view).versions();
  return { source, tag: `of ${mesh.nowMs}`, basis, validForMs: 60_000, routes: [], ...changes };
}

/** Routes of a node to all others that keep away from some nodes as relays. */
export function routesAvoiding(mesh: TestMesh, source: number, avoidNodes: readonly number[]): RouteOffer['routes'] {
  const finder = new PathFinder(mesh.router(source).graph!);
  return [...mesh.nodes.keys()]
    .filter((id) => id !== source)
    .map((destination) => {
      const { paths } = finder.query({ source, destination, k: 4, stretchMax: 10, constraints: { avoidNodes } });
      return { destination, paths };
    });
}

/** What a broken or hostile element may answer: loops, links that never were, self, others' destinations, nonsense. */
export function randomPaths(mesh: TestMesh, source: number, destination: number): OfferedPath[] {
  const { random } = mesh;
  const ids = [...mesh.nodes.keys()];
  const anyId = (): number => (random() < 0.05 ? 9_999 : ids[integerBetween(random, 0, ids.length - 1)]!);
  return Array.from({ length: integerBetween(random, 0, 5) }, () => {
    const segments = random() < 0.5 ? randomWalk(mesh, source, destination) : Array.from({ length: 3 }, anyId);
    if (random() < 0.5) segments.push(destination);
    return { segments, share: integerBetween(random, -1, 300) };
  });
}

/** A walk over links that were there once, cut or not. */
function randomWalk(mesh: TestMesh, source: number, destination: number): number[] {
  const segments: number[] = [];
  for (let at = source, hop = 0; at !== destination && hop < 12; hop += 1) {
    const links = mesh.router(at).advertisement(at)?.advertisement.links ?? [];
    if (links.length === 0) break;
    at = links[integerBetween(mesh.random, 0, links.length - 1)]!.peer;
    segments.push(at);
  }
  return segments;
}
