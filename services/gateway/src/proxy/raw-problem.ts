import { type ServerResponse, STATUS_CODES } from 'node:http';
import { type PeerMeshError, PROBLEM_CONTENT_TYPE } from '@peermesh/errors';

/** Security headers of answers that the edge makes itself. */
const PROBLEM_HEADERS = [
  'content-type',
  PROBLEM_CONTENT_TYPE,
  'cache-control',
  'no-store',
  'x-content-type-options',
  'nosniff',
  'content-security-policy',
  "default-src 'none'; frame-ancestors 'none'",
] as const;

/** Answers with RFC 9457 problem details, without a framework in between. Does nothing once an answer has begun. */
export function sendRawProblem(
  response: ServerResponse,
  error: PeerMeshError,
  context: { readonly instance: string; readonly requestId: string; readonly headers?: readonly string[] },
): void {
  if (response.headersSent || response.destroyed) return;
  const { instance, requestId } = context;
  const body = Buffer.from(JSON.stringify(error.toProblem({ instance: instance.slice(0, 2048), requestId })));
  const headers = [...PROBLEM_HEADERS, 'content-length', String(body.length), 'x-request-id', requestId];
  const retryAfter = error.occurrence.retryAfterSeconds;
  if (retryAfter !== undefined) headers.push('retry-after', String(Math.max(1, Math.ceil(retryAfter))));
  if (error.status === 401) headers.push('www-authenticate', 'Bearer');
  if (context.headers !== undefined) headers.push(...context.headers);
  response.writeHead(error.status, STATUS_CODES[error.status] ?? '', headers);
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
