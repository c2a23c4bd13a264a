export { type AccessTokenConfig, useAccessTokens } from './access-tokens.ts';
export { admitCaller, type Caller } from './admission.ts';
export { type AppOptions, createApp } from './app.ts';
export { repeat, type Worker } from './background-work.ts';
export { useDecisionLog, useIdempotency, usePrincipals } from './compose.ts';
export {
  baseConfig,
  ConfigError,
  databaseConfig,
  type Environment,
  instanceName,
  loadConfig,
  migrationConfig,
  natsConfig,
  redisConfig,
  tokenConfig,
} from './config.ts';
export { createDecisionLog, type DecisionEntry, type DecisionLog, type DecisionPublisher } from './decision-log.ts';
export { Health, type Readiness } from './health.ts';
export { refuseWithoutHost } from './http-server.ts';
export {
  createIdempotencyStore,
  type IdempotencyClaim,
  type IdempotencyStore,
  type IdempotentRequest,
  type StoredResult,
} from './idempotency.ts';
export { JSON_DEPTH_MAX } from './json-body.ts';
export { keyOf, mountRoute, type RouteContext, type RouteHandler } from './mount-route.ts';
export { mountOpenApi } from './openapi.ts';
export { pageOf, windowOf } from './pagination.ts';
export { asPeerMeshError, sendProblem } from './problem.ts';
export { type MainOptions, runMain, type WiredService } from './run-main.ts';
export { type RunningService, type RunOptions, runService, stopInOrder, tracingFrom } from './run-service.ts';
export { createSecretBox, deriveKey, type SecretBox } from './secret-box.ts';
export { createCheck } from './validation.ts';
