import type { RouteDefinition } from '@peermesh/contracts';
import { routeCatalogue } from '@peermesh/contracts/catalogue';

/** Every operation of every service, as the contracts declare them. */
export const everyRoute: readonly RouteDefinition[] = Object.values(routeCatalogue).flatMap((routes) =>
  Object.values<RouteDefinition>(routes),
);

/** The path of an operation with its parameters filled in. */
export function pathOf(route: RouteDefinition, params: Readonly<Record<string, string>> = {}): string {
  return route.path.replaceAll(/:(\w+)/g, (_match, name: string) => encodeURIComponent(params[name] ?? ''));
}

/** Names of the path parameters of an operation, with the pattern that each must match. */
export function paramPatterns(route: RouteDefinition): Record<string, string | undefined> {
  const properties = (route.params as { properties?: Record<string, { pattern?: string }> } | undefined)?.properties;
  return Object.fromEntries(Object.entries(properties ?? {}).map(([name, schema]) => [name, schema.pattern]));
}
