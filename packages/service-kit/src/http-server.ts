import { createServer, type Server } from 'node:http';
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

/** A server that slow clients cannot hold on to. */
export function serverWith(limits: ServerLimits): (handler: FastifyServerFactoryHandler) => Server {
  return (handler) => {
    const server = createServer({
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.min(2_000, limits.headersTimeoutMs),
      maxHeaderSize: 16_384,
      requireHostHeader: true,
    });
    server.on('request', handler);
    return server;
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
