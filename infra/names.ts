/** Every deployable service, in the order in which they start. */
export const SERVICE_NAMES = ['auth', 'ingest', 'search', 'publisher', 'router', 'mesh-node', 'gateway'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** The PostgreSQL schema of a service: its name, except where that says what it is one of. */
export function schemaOf(service: string): string {
  return service === 'mesh-node' ? 'mesh' : service;
}

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
  'mesh-node': 8111,
  meshNode2: 8112,
  meshNode3: 8113,
  meshLink: 8201,
  meshLink2: 8202,
  meshLink3: 8203,
  meshRpc: 8301,
  meshRpc2: 8302,
  meshRpc3: 8303,
  postgres: 5442,
  nats: 4242,
  natsMonitor: 8242,
  redis: 6389,
  nginxHttp: 8088,
  nginxHttps: 8443,
} as const;
export type PortName = keyof typeof PORTS;
