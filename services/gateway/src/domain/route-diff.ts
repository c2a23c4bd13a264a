import type { GatewayRoute, RouteConfig, RouteDiff } from '@peermesh/contracts/gateway';
import canonicalize from 'canonicalize';

/** What replacing one table by another changes, by route id. A change of the defaults counts for every route. */
export function diffRoutes(before: RouteConfig, after: RouteConfig): RouteDiff {
  const old = new Map(before.routes.map((route) => [route.id, route]));
  const next = new Map(after.routes.map((route) => [route.id, route]));
  const areDefaultsEqual = canonicalize(before.defaults ?? {}) === canonicalize(after.defaults ?? {});
  return {
    added: [...next.keys()].filter((id) => !old.has(id)),
    removed: [...old.keys()].filter((id) => !next.has(id)),
    changed: [...next.values()].flatMap((route) => {
      const previous = old.get(route.id);
      if (previous === undefined) return [];
      const fields = changedFields(previous, route);
      if (!areDefaultsEqual) fields.push('defaults');
      return fields.length === 0 ? [] : [{ id: route.id, fields }];
    }),
  };
}

function changedFields(before: GatewayRoute, after: GatewayRoute): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof GatewayRoute>;
  return [...names].filter((name) => canonicalize(before[name] ?? null) !== canonicalize(after[name] ?? null));
}
