import type { TransportKind } from '../kind.ts';
import { GrpcAcceptor } from './grpc-acceptor.ts';
import { dialGrpc } from './grpc-dialler.ts';

/** Lanes over gRPC, as PeerLink: `grpcs://host:port` with credentials, else `grpc://host:port`. */
export const grpcKind: TransportKind = {
  plainScheme: 'grpc',
  secureScheme: 'grpcs',
  protocol: 'h2',
  createAcceptor: (events) => new GrpcAcceptor(events),
  dial: dialGrpc,
};
