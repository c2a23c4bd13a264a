export { waysOf } from './address.ts';
export { createTransport } from './create-transport.ts';
export {
  type Connection,
  type ConnectionTraffic,
  DialError,
  type RefusalReason,
  type RevocationCheck,
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
