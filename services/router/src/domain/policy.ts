import type { RouteConstraints, RoutePolicy } from '@peermesh/contracts/router';

type Ends = { readonly source: number; readonly destination: number };

/** The policies that hold between two nodes, in the order of their ids. */
export function policiesBetween(policies: readonly RoutePolicy[], { source, destination }: Ends): RoutePolicy[] {
  return policies
    .filter(
      (policy) =>
        policy.isEnabled &&
        (policy.source === null || policy.source === source) &&
        (policy.destination === null || policy.destination === destination),
    )
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

const STRENGTH = ['link', 'node', 'risk-group'] as const;

/** All of several constraints at once: the narrower limit, the union of what is avoided, the stronger disjointness. */
export function allOf(constraints: readonly RouteConstraints[]): RouteConstraints {
  const least = (values: readonly (number | undefined)[], pick: (...all: number[]) => number): number | undefined => {
    const given = values.filter((value) => value !== undefined);
    return given.length === 0 ? undefined : pick(...given);
  };
  const union = <T>(lists: readonly (readonly T[] | undefined)[]): T[] | undefined => {
    const all = [...new Set(lists.flatMap((list) => list ?? []))];
    return all.length === 0 ? undefined : all;
  };
  const disjointness = STRENGTH.findLast((kind) => constraints.some((one) => one.disjointness === kind));
  const merged = {
    latencyMaxUs: least(
      constraints.map((one) => one.latencyMaxUs),
      Math.min,
    ),
    bandwidthMinKbps: least(
      constraints.map((one) => one.bandwidthMinKbps),
      Math.max,
    ),
    disjointness,
    avoidNodes: union(constraints.map((one) => one.avoidNodes)),
    avoidRegions: union(constraints.map((one) => one.avoidRegions)),
    avoidTenants: union(constraints.map((one) => one.avoidTenants)),
    avoidRiskGroups: union(constraints.map((one) => one.avoidRiskGroups)),
  };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined)) as RouteConstraints;
}
