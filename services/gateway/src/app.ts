import {
  type Authenticator,
  createAuthenticator,
  createIntrospector,
  createRevocations,
  type Revocation,
} from '@peermesh/authz';
import { authRoutes } from '@peermesh/contracts/auth';
import { gatewayRoutes } from '@peermesh/contracts/gateway';
import { createDatabase } from '@peermesh/database';
import { createApp, type RunningService } from '@peermesh/service-kit';
import { createMetrics, type Logger, type MetricsRegistry } from '@peermesh/telemetry';
import { AuthApiKeys } from './adapters/auth-api-keys.ts';
import { PgRouteStore } from './adapters/pg-route-store.ts';
import type { GatewaySchema } from './adapters/schema.ts';
import { type GatewayConfig, listOf } from './config.ts';
import { createLimiter } from './plugins/limiter.ts';
import { connectMessaging, type GatewayMessaging } from './plugins/messaging.ts';
import { createRealtime } from './plugins/realtime.ts';
import { connectRedis } from './plugins/redis.ts';
import { createUpstreams, SERVICES } from './plugins/upstreams.ts';
import { ClientAddresses } from './proxy/client-address.ts';
import type { EdgeParts } from './proxy/edge.ts';
import { openFrontDoor } from './proxy/front-door.ts';
import { Identities } from './proxy/identity.ts';
import { createOwnLimits } from './proxy/own-limits.ts';
import { createProxyMetrics } from './proxy/proxy-metrics.ts';
import { mountDocs } from './routes/docs-routes.ts';
import { mountGatewayRoutes } from './routes/gateway-routes.ts';
import { mountOpenApiDocument } from './routes/openapi-route.ts';
import { mountRealtimeRoutes } from './routes/realtime-routes.ts';
import { RouteTables } from './tables/route-tables.ts';
import { VERSION } from './version.ts';

/** What a caller may bring along. */
export interface GatewayDeps {
  readonly logger: Logger;
  readonly metrics?: MetricsRegistry;
  /** Stands for NATS. */
  readonly messaging?: GatewayMessaging;
}

/** Builds the gateway. It listens when the caller says so; `stop` ends what is not HTTP. */
export async function buildApp(config: GatewayConfig, deps: GatewayDeps): Promise<RunningService> {
  const { logger } = deps;
  const metrics = deps.metrics ?? createMetrics({ service: 'gateway' });
  const app = await createApp({
    service: 'gateway',
    version: VERSION,
    logger,
    metrics,
    headersTimeoutMs: config.HEADERS_TIMEOUT_MS,
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
  });

  const db = createDatabase<GatewaySchema>({
    url: config.DATABASE_URL,
    schema: 'gateway',
    applicationName: 'gateway',
    poolMax: config.DATABASE_POOL_MAX,
    logger,
    metrics,
  });
  const {
    events,
    announce,
    decisions,
    stop: stopMessaging,
  } = deps.messaging ?? (await connectMessaging(config, { db, logger, metrics }));
  const redis = await connectRedis(config.REDIS_URL, logger);
  const upstreams = createUpstreams(config, metrics);

  const revocations = createRevocations();
  const feed = events.followRevocations((event) => revocations.add(event.data as Revocation));
  revocations.watch(feed);
  const authenticator = createAuthenticator({
    issuer: config.TOKEN_ISSUER,
    audience: config.TOKEN_AUDIENCE,
    jwks: new URL(config.JWKS_URL),
    revocations,
    introspect: createIntrospector({ url: new URL(authRoutes.introspect.path, listOf(config.UPSTREAM_AUTH)[0]) }),
    revocationStalenessMaxMs: config.REVOCATION_STALENESS_MAX_MS,
  });
  const apiKeys = new AuthApiKeys(upstreams.get('auth')!);
  const identities = new Identities({ authenticator, apiKeys, revocations });
  app.decisions = decisions;
  app.authenticator = withApiKeys(authenticator, apiKeys);

  const addresses = new ClientAddresses(listOf(config.TRUSTED_PROXIES));
  const { limiter, store: leases } = createLimiter(config, { redis, logger, metrics });
  const edge: Omit<EdgeParts, 'table'> & { table: EdgeParts['table'] | null } = {
    upstreams,
    identities,
    limiter,
    addresses,
    decisions,
    logger,
    metrics: createProxyMetrics(metrics),
    table: null,
    isDraining: false,
  };
  const active = metrics.gauge({ name: 'gateway_routes_revision', help: 'Revision of the active route table.' });
  const tables = new RouteTables({
    file: config.ROUTES_FILE,
    store: new PgRouteStore(db, announce),
    services: SERVICES,
    logger,
    onActive: (table, snapshot) => {
      edge.table = table;
      active.set(snapshot.revision);
    },
  });
  await Promise.all([tables.start(), feed.caughtUp]);
  events.followRoutes(() => void tables.poll());

  const parts = edge as EdgeParts;
  const limit = createOwnLimits(parts);
  app.addHook('onRequest', async ({ raw, url }) => {
    const isApi = url.startsWith('/api/') && url.split('?', 1)[0] !== gatewayRoutes.connectRealtime.path;
    if (isApi) await limit(raw);
  });
  const realtime = await createRealtime(config, { limit, events, identities, addresses, redis, metrics, logger });
  mountGatewayRoutes(app, { tables, upstreams, activeTable: () => parts.table });
  mountRealtimeRoutes(app, realtime);
  mountOpenApiDocument(app);
  mountDocs(app);

  app.health.add(
    'routes',
    async () => {
      if (tables.lastError !== null) throw new Error(`the newest route table cannot be used: ${tables.lastError}`);
    },
    { critical: false },
  );
  app.health.add('database', () => db.ping(), { critical: false });
  app.health.add('events', () => events.ping(), { critical: false });
  app.health.add('revocations', async () => {
    const ageMs = revocations.stalenessMs();
    if (ageMs > config.REVOCATION_STALENESS_MAX_MS) throw new Error('the revocation feed is stale: tokens are refused');
  });
  app.health.add(
    'rate_limits',
    async () => {
      if (leases.isDegraded) throw new Error('Redis is away: this replica counts on its own');
    },
    { critical: false },
  );
  for (const { service, targets } of upstreams.values()) {
    app.health.add(`upstream_${service}`, () => reachable(targets.map(({ url }) => url)), { critical: false });
  }
  app.addHook('onClose', async () => {
    await Promise.all([...upstreams.values()].map((upstream) => upstream.close()));
    leases.stop();
    redis.disconnect();
    await db.close();
  });
  await app.ready();
  openFrontDoor(app, parts);
  return {
    app,
    stop: async () => {
      parts.isDraining = true;
      realtime.hub.close();
      await tables.stop();
      await stopMessaging();
    },
  };
}

/** The gateway's own operations take API keys as bearer tokens, like those it forwards. */
function withApiKeys(authenticator: Authenticator, apiKeys: AuthApiKeys): Authenticator {
  const keyIn = (authorization: string | undefined): string | null =>
    authorization?.slice(7).startsWith('pm_') === true ? authorization.slice(7).trim() : null;
  return {
    authenticateCached(authorization) {
      const key = keyIn(authorization);
      return authenticator.authenticateCached(key === null ? authorization : (apiKeys.cached(key) ?? undefined));
    },
    isStillGood: authenticator.isStillGood,
    async authenticate(authorization) {
      const key = keyIn(authorization);
      return authenticator.authenticate(
        key === null ? authorization : (apiKeys.cached(key) ?? (await apiKeys.exchange(key))),
      );
    },
  };
}

async function reachable(urls: readonly string[]): Promise<void> {
  const answers = await Promise.allSettled(
    urls.map(async (url) => {
      const answer = await fetch(new URL('/health/live', url), { signal: AbortSignal.timeout(1000) });
      await answer.body?.cancel();
    }),
  );
  const away = urls.filter((_url, index) => answers[index]?.status === 'rejected');
  if (away.length > 0) throw new Error(`${away.length} of ${urls.length} instances do not answer`);
}
