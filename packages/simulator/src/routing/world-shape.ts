import type { SeededRandom } from '../random.ts';

/** One link of the physical mesh: nodes by number from 1. */
export interface PhysicalLink {
  readonly a: number;
  readonly b: number;
  readonly latencyUs: number;
}

export interface RoutingShape {
  readonly nodes: number;
  readonly links: readonly PhysicalLink[];
  readonly faultIntervalMs: number;
}

/** Virtual times of a run: faults between warm-up and heal, then convergence, then single cuts in calm. */
export const WARM_UP_MS = 15_000;
export const HEAL_MS = 90_000;
export const CONVERGED_MS = HEAL_MS + 60_000;
/** The longest that a link is held back for flapping, and the pause in which the back-off forgets (RFC 8405). */
const SETTLE_MS = 45_000;
export const CUTS_FROM_MS = CONVERGED_MS + SETTLE_MS;
export const CUT_PERIOD_MS = 45_000;
export const CUTS = 2;
export const DURATION_MS = CUTS_FROM_MS + CUTS * CUT_PERIOD_MS;

export function drawShape(random: SeededRandom): RoutingShape {
  const nodes = 3 + random.integer(random.chance(0.2) ? 18 : 8);
  const links = new Map<string, PhysicalLink>();
  const connect = (x: number, y: number): void => {
    const [a, b] = x < y ? [x, y] : [y, x];
    if (a !== b) links.set(`${a}-${b}`, { a, b, latencyUs: 1_000 + random.integer(80_000) });
  };
  for (let node = 2; node <= nodes; node += 1) connect(node, 1 + random.integer(node - 1));
  for (let extra = random.integer(2 * nodes); extra > 0; extra -= 1) {
    connect(1 + random.integer(nodes), 1 + random.integer(nodes));
  }
  return { nodes, links: [...links.values()], faultIntervalMs: random.between(500, 6_000) };
}

export function describeShape({ nodes, links, faultIntervalMs }: RoutingShape): string {
  return `${nodes} routers, ${links.length} links, a fault every ${(faultIntervalMs / 1_000).toFixed(1)} s`;
}
