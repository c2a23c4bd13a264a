import type { GatewayRoute, RouteConfig } from '@peermesh/contracts/gateway';
import { RouteConfig as RouteConfigSchema } from '@peermesh/contracts/gateway';
import { gatewayErrors } from '@peermesh/errors';
import findMyWay from 'find-my-way';
import { Compile } from 'typebox/compile';
import { type CompiledRoute, compileRoute, type RouteState } from './compiled-route.ts';
import { routeDigest } from './route-digest.ts';

/** One flaw of a configuration, by JSON pointer. */
export interface RouteFlaw {
  readonly pointer: string;
  readonly message: string;
}

/** A compiled, tested, immutable route table. Requests hold on to the one they started with. */
export interface RouteTable {
  readonly digest: string;
  readonly config: RouteConfig;
  readonly routes: readonly CompiledRoute[];
  find(method: string, host: string | undefined, path: string): CompiledRoute | null;
  /** The methods that the path has, for `Allow`. */
  methodsOf(host: string | undefined, path: string): string[];
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const schema = Compile(RouteConfigSchema);

/** Every flaw that the schema finds; none means that the value is a {@link RouteConfig}. */
export function schemaFlaws(candidate: unknown): RouteFlaw[] {
  if (schema.Check(candidate)) return [];
  return schema
    .Errors(candidate)
    .slice(0, 50)
    .map(({ instancePath, message }) => ({ pointer: instancePath, message }));
}

/**
 * Compiles a table and matches every route against its own example.
 * @throws PM_GATEWAY_ROUTES_INVALID with every flaw
 */
export function compileRouteTable(
  candidate: unknown,
  options: { readonly services: readonly string[]; readonly previous?: RouteTable | undefined },
): RouteTable {
  const flaws = schemaFlaws(candidate);
  if (flaws.length > 0) throw gatewayErrors.routesInvalid({ errors: flaws });
  const config = candidate as RouteConfig;
  flaws.push(...ruleFlaws(config, options.services));
  const states = new Map<string, RouteState>(options.previous?.routes.map(({ id, state }) => [id, state]));
  const router = findMyWay({ caseSensitive: true, maxParamLength: 4096 });
  const routes: CompiledRoute[] = [];
  config.routes.forEach((route, index) => {
    const compiled = compileRoute(route, config.defaults, states.get(route.id));
    try {
      for (const host of route.match.hosts ?? [null]) {
        for (const path of pathsOf(route)) {
          router.on(methodsOf(route), path, host === null ? {} : { constraints: { host } }, noop, compiled);
        }
      }
      routes.push(compiled);
    } catch (error) {
      flaws.push({
        pointer: `/routes/${index}/match`,
        message: error instanceof Error ? error.message : String(error),
      });
    }
  });
  if (flaws.length > 0) throw gatewayErrors.routesInvalid({ errors: flaws });
  const table = createTable(config, routes, router);
  const missed = exampleFlaws(config, table);
  if (missed.length > 0) throw gatewayErrors.routesInvalid({ errors: missed });
  return table;
}

function createTable(
  config: RouteConfig,
  routes: readonly CompiledRoute[],
  router: findMyWay.Instance<findMyWay.HTTPVersion.V1>,
): RouteTable {
  const usesHosts = config.routes.some((route) => route.match.hosts !== undefined);
  const constraints = (host: string | undefined): Record<string, string> =>
    usesHosts && host !== undefined ? { host: host.toLowerCase() } : {};
  const find = (method: string, host: string | undefined, path: string): CompiledRoute | null => {
    const found = router.find(method as findMyWay.HTTPMethod, path, constraints(host));
    return found === null ? null : (found.store as CompiledRoute);
  };
  return {
    digest: routeDigest(config),
    config,
    routes,
    find,
    methodsOf: (host, path) => METHODS.filter((method) => find(method, host, path) !== null),
  };
}

function noop(): void {}

function methodsOf(route: GatewayRoute): findMyWay.HTTPMethod[] {
  const methods = new Set<findMyWay.HTTPMethod>(route.match.methods ?? METHODS);
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods];
}

function pathsOf(route: GatewayRoute): string[] {
  const { path } = route.match;
  return path.endsWith('/*') && path !== '/*' ? [path.slice(0, -2), path] : [path];
}

function ruleFlaws(config: RouteConfig, services: readonly string[]): RouteFlaw[] {
  const flaws: RouteFlaw[] = [];
  const ids = new Set<string>();
  const limits = new Map<string, string>();
  const checkLimits = (pointer: string, rate: readonly { name: string; q: number; w: number; by: string }[]): void => {
    for (const { name, q, w, by } of rate) {
      const known = limits.get(name);
      const text = `${q}/${w}/${by}`;
      if (known !== undefined && known !== text) {
        flaws.push({ pointer, message: `the limit "${name}" has another quota, window or subject elsewhere` });
      }
      limits.set(name, known ?? text);
    }
  };
  checkLimits('/defaults/limits/rate', config.defaults?.limits?.rate ?? []);
  config.routes.forEach((route, index) => {
    const at = `/routes/${index}`;
    if (ids.has(route.id)) flaws.push({ pointer: `${at}/id`, message: `the id "${route.id}" is used twice` });
    ids.add(route.id);
    if (!services.includes(route.upstream.service)) {
      flaws.push({
        pointer: `${at}/upstream/service`,
        message: `no upstream "${route.upstream.service}" is configured`,
      });
    }
    const { modes, minRole, scopes } = route.auth;
    if (modes.includes('none') && (modes.length > 1 || minRole !== undefined || scopes !== undefined)) {
      flaws.push({ pointer: `${at}/auth`, message: '`none` excludes other modes, minRole and scopes' });
    }
    checkLimits(`${at}/limits/rate`, route.limits?.rate ?? []);
    const { deprecatedAt, sunset } = route.lifecycle ?? {};
    if (deprecatedAt !== undefined && sunset !== undefined && sunset < deprecatedAt) {
      flaws.push({ pointer: `${at}/lifecycle/sunset`, message: 'sunset comes before deprecation' });
    }
  });
  return flaws;
}

function exampleFlaws(config: RouteConfig, table: RouteTable): RouteFlaw[] {
  return config.routes.flatMap((route, index) => {
    const { method, path } = route.example ?? derivedExample(route);
    const found = table.find(method, route.match.hosts?.[0], path);
    if (found?.id === route.id) return [];
    const other = found === null ? 'matches no route' : `is taken by the route "${found.id}"`;
    return [{ pointer: `/routes/${index}/example`, message: `${method} ${path} ${other}` }];
  });
}

function derivedExample(route: GatewayRoute): { method: string; path: string } {
  const path = route.match.path.replace(/:[A-Za-z0-9_]+/g, 'example').replace(/\/\*$/, '/example');
  return { method: route.match.methods?.[0] ?? 'GET', path };
}
