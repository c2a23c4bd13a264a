import type { RouteConstraints } from '@peermesh/contracts/router';
import type { PathConstraints } from '@peermesh/routing';
import type { LabelNumbers } from './link-state.ts';

/** Constraints in the terms of the routing package, which knows regions and tenants by numbers. */
export function numbered(constraints: RouteConstraints, labels: LabelNumbers): PathConstraints {
  const { avoidRegions, avoidTenants, ...rest } = constraints;
  return { ...rest, avoidRegions: labels.known(avoidRegions), avoidTenants: labels.known(avoidTenants) };
}
