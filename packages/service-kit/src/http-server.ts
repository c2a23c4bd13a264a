import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { commonErrors, type PeerMeshError, PROBLEM_CONTENT_TYPE } from '@peermesh/errors';
import type { FastifyServerFactoryHandler } from 'fastify';

/** Time limits of the HTTP server. */
export interface ServerLimits {
  /** Time for the headers to arrive, from the opening of the connection or the end of the request before. */
  readonly headersTimeoutMs: number;
  /** Time for a whole request to arrive. */
  readonly requestTimeoutMs: number;
  /** How long an idle connection is kept. Above the 60 s of usual proxies, so that they close first. */
  readonly keepAliveTimeoutMs: number;
}

/**
 * A server that slow clients cannot hold on to, nor clients that keep their connections: while `isDraining`, answers say
 * `connection: close`, and connections whose answer had begun before are closed after it.
 */
export function serverWith(
  limits: ServerLimits,
  isDraining: () => boolean = () => false,
): (handler: FastifyServerFactoryHandler) => Server {
  return (handler) => {
    const server: Server = createServer({
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.min(2_000, limits.headersTimeoutMs),
      maxHeaderSize: 16_384,
      // Node's own refusal has no body: see `refuseWithoutHost`.
      requireHostHeader: false,
      ServerResponse: responsesThatLetGo(() => server, isDraining),
    });
    server.on('request', (request, response) => {
      if (!refuseWithoutHost(request, response)) handler(request, response);
    });
    return server;
  };
}

/** Answers 400 when an HTTP/1.1 request names no host (RFC 9112, 3.2), and says whether it did. */
export function refuseWithoutHost(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.headers.host !== undefined || request.httpVersion !== '1.1') return false;
  const problem = commonErrors.malformedRequest({ detail: 'The header Host is missing.' }).toProblem();
  response.writeHead(problem.status, { 'content-type': PROBLEM_CONTENT_TYPE, connection: 'close' });
  response.end(JSON.stringify(problem));
  return true;
}

function responsesThatLetGo(server: () => Server, isDraining: () => boolean): typeof ServerResponse {
  return class<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
    override writeHead(...args: unknown[]): this {
      if (isDraining()) this.shouldKeepAlive = false;
      return super.writeHead(...(args as Parameters<ServerResponse['writeHead']>));
    }

    override detachSocket(socket: Socket): void {
      super.detachSocket(socket);
      if (isDraining()) setImmediate(() => server().closeIdleConnections());
    }
  };
}

const STATUS_TEXT: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

/** Answers what is not HTTP, comes too slowly, or has too many headers; no request exists yet at that point. */
export function refuseConnection(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable || socket.bytesWritten > 0 || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const problem = problemOf(error.code).toProblem();
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_TEXT[problem.status] ?? 'Bad Request'}\r\nconnection: close\r\n` +
      `content-type: ${PROBLEM_CONTENT_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function problemOf(code: string | undefined): PeerMeshError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return commonErrors.requestTimeout();
  if (code === 'HPE_HEADER_OVERFLOW') return commonErrors.headersTooLarge();
  return commonErrors.malformedRequest();
}
