export { createGrpcTransport } from './grpc/grpc-transport.ts';
export {
  type Connection,
  type ConnectionTraffic,
  DialError,
  type RefusalReason,
  type Transport,
  type TransportCredentials,
  type TransportEvents,
  type TransportStats,
} from './port.ts';
export {
  DEFAULT_TRANSPORT_LIMITS,
  type TransportLimits,
  type TransportSettings,
  transportLimitProblems,
} from './settings.ts';
export { createWsTransport } from './ws/ws-transport.ts';
