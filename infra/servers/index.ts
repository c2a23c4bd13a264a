export { findBinary, findPostgresFolder, isExecutable } from './find-binary.ts';
export { freePort } from './free-port.ts';
export {
  type ExitStatus,
  findSetpriv,
  type GuardedProcess,
  type GuardedProcessOptions,
  type RunAs,
  startGuarded,
} from './guarded-process.ts';
export { type NatsServer, type NatsServerOptions, natsConfig, probeNats, startNatsServer } from './nats-server.ts';
export { checkNginxConfig, type NginxProcessOptions, probeNginx, startNginx } from './nginx-process.ts';
export {
  type PostgresServer,
  type PostgresServerOptions,
  probePostgres,
  startPostgresServer,
} from './postgres-server.ts';
export { ServerStartError, untilReady } from './readiness.ts';
export { probeRedis, type RedisServer, type RedisServerOptions, startRedisServer } from './redis-server.ts';
export { unprivilegedUser } from './unprivileged-user.ts';
