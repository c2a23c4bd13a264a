export { type AppOptions, createApp } from './app.ts';
export {
  baseConfig,
  ConfigError,
  databaseConfig,
  loadConfig,
  migrationConfig,
  natsConfig,
  redisConfig,
  tokenConfig,
} from './config.ts';
export { Health, type Readiness } from './health.ts';
export {
  createIdempotencyStore,
  type IdempotencyClaim,
  type IdempotencyStore,
  type IdempotentRequest,
  type StoredResult,
} from './idempotency.ts';
export { keyOf, mountRoute, type RouteContext, type RouteHandler } from './mount-route.ts';
export { pageOf, windowOf } from './pagination.ts';
export { asPeerMeshError, sendProblem } from './problem.ts';
export { type RunningService, runService } from './run-service.ts';
