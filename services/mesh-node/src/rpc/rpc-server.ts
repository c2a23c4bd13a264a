import { once } from 'node:events';
import { createServer, type Http2ServerRequest, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Code, ConnectError, createContextValues } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import type { Logger } from '@peermesh/telemetry';
import type { FastifyInstance } from 'fastify';
import { MeshDataService } from '../gen/peermesh/mesh/v1/mesh_data_pb.ts';
import { MeshService } from '../gen/peermesh/mesh/v1/mesh_pb.ts';
import type { RouteDependencies } from '../routes/route-dependencies.ts';
import { meshDataService } from './mesh-data-service.ts';
import { meshService } from './mesh-service.ts';
import { REMOTE_ADDRESS, rpcGate } from './rpc-gate.ts';
import { rpcInterceptor } from './rpc-interceptor.ts';
import { SessionWatch } from './session-watch.ts';

/** The default of gRPC clients and servers. */
const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
const HTTP2_SETTINGS = {
  initialWindowSize: 256 * 1024,
  maxConcurrentStreams: 256,
  maxHeaderListSize: 16 * 1024,
  enablePush: false,
} as const;
const CONNECTIONS_MAX = 1_000;

/** The gRPC API of a node. */
export interface RpcServer {
  /** Null where none is served. */
  readonly url: string | null;
  /** Tells those who are there, waits for their calls to end, then closes what is left. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Serves MeshService and MeshDataService over HTTP/2 without TLS, as the REST API is served without: both stand behind the
 * same border, where nginx adds it. Speaks gRPC, gRPC-Web and Connect.
 */
export async function startRpcServer(options: {
  readonly app: FastifyInstance;
  readonly dependencies: RouteDependencies;
  /** `host:port`, or empty. */
  readonly listen: string;
  readonly logger: Logger;
}): Promise<RpcServer> {
  const { app, dependencies, listen, logger } = options;
  if (listen === '') return { url: null, stop: async () => undefined };
  const stopping = new AbortController();
  const handler = connectNodeAdapter({
    routes: (router) => {
      router.service(MeshService, meshService(dependencies, logger));
      router.service(MeshDataService, meshDataService(dependencies, logger));
    },
    contextValues: (request) =>
      createContextValues().set(REMOTE_ADDRESS, (request as Http2ServerRequest).socket.remoteAddress ?? ''),
    requestGate: rpcGate(app, logger),
    interceptors: [rpcInterceptor(app.metrics, logger)],
    readMaxBytes: MESSAGE_BYTES_MAX,
    writeMaxBytes: MESSAGE_BYTES_MAX,
    shutdownSignal: stopping.signal,
  });
  const server = createServer({ settings: HTTP2_SETTINGS }, handler);
  const sessions = new SessionWatch(app.metrics);
  server.on('session', (session: ServerHttp2Session) => sessions.add(session));
  server.maxConnections = CONNECTIONS_MAX;
  const colon = listen.lastIndexOf(':');
  const host = listen.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  server.listen({ host, port: Number(listen.slice(colon + 1)) });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    stop: async (graceMs) => {
      const closed = once(server, 'close');
      server.close();
      stopping.abort(new ConnectError('the node is being stopped', Code.Unavailable));
      sessions.close(graceMs);
      await closed;
      sessions.stop();
    },
  };
}
