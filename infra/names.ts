/** Every deployable service, in the order in which they start. */
export const SERVICE_NAMES = ['auth', 'ingest', 'search', 'publisher', 'router', 'gateway'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** Stores and servers that the services need. */
export const DEPENDENCY_NAMES = ['postgres', 'nats', 'redis'] as const;
export type DependencyName = (typeof DEPENDENCY_NAMES)[number];

/** Default ports on one machine. */
export const PORTS = {
  gateway: 8080,
  gatewayReplica: 8082,
  auth: 8101,
  ingest: 8102,
  search: 8103,
  publisher: 8104,
  router: 8105,
  postgres: 5442,
  nats: 4242,
  natsMonitor: 8242,
  redis: 6389,
  nginxHttp: 8088,
  nginxHttps: 8443,
} as const;
export type PortName = keyof typeof PORTS;
