import { baseConfig, databaseConfig, loadConfig, natsConfig, redisConfig, tokenConfig } from '@peermesh/service-kit';
import { type Static, Type } from 'typebox';

/** Settings of the router service. */
export const RouterConfigSchema = Type.Object({
  ...baseConfig,
  ...databaseConfig,
  ...natsConfig,
  ...redisConfig,
  ...tokenConfig,
  ROUTER_THREADS: Type.Integer({
    minimum: 0,
    maximum: 64,
    default: 0,
    description: 'Threads that compute paths; 0 takes all cores but one, at most four.',
  }),
  ROUTER_QUEUE_MAX: Type.Integer({
    minimum: 1,
    default: 1_000,
    description: 'Computations that may wait; more are refused with 503.',
  }),
  ROUTER_COMPUTE_TIMEOUT_MS: Type.Integer({
    minimum: 10,
    default: 5_000,
    description: 'Time for one computation, its wait included; then its thread is ended and replaced.',
  }),
  ROUTER_POLL_MS: Type.Integer({
    minimum: 10,
    default: 500,
    description: 'How often link states that another replica stored are looked for.',
  }),
  ROUTER_ROUTES_VALID_MS: Type.Integer({
    minimum: 1_000,
    default: 30_000,
    description: 'How long a node may use paths after this service last knew that they are the newest.',
  }),
  ROUTER_CACHE_SECONDS: Type.Integer({ minimum: 1, default: 600, description: 'How long Redis keeps an answer.' }),
  ROUTER_RETENTION_MONTHS: Type.Integer({
    minimum: 1,
    maximum: 120,
    default: 3,
    description: 'How long the history of link states is kept.',
  }),
});
/** Settings of the router service. */
export type RouterConfig = Static<typeof RouterConfigSchema>;

/** Reads the settings; throws a ConfigError that names every bad key. */
export function loadRouterConfig(env: Readonly<Record<string, string | undefined>>): Readonly<RouterConfig> {
  return loadConfig(RouterConfigSchema, env);
}
