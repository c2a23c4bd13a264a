import { grpcKind } from './grpc/grpc-kind.ts';
import type { Transport, TransportEvents } from './port.ts';
import type { TransportSettings } from './settings.ts';
import { SocketTransport } from './socket-transport.ts';
import { createWsKind } from './ws/ws-kind.ts';

/** Connections of every kind: an address says by its scheme which one it is for. */
export function createTransport(settings: TransportSettings, events: TransportEvents): Transport {
  return new SocketTransport([createWsKind(), grpcKind], settings, events);
}
