import type { IncomingHttpHeaders } from 'node:http';

/** Headers that belong to one connection (RFC 9110 7.6.1), and those that this hop writes itself. */
const NOT_FORWARDED = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
  'host',
  'content-length',
  'authorization',
  'x-api-key',
  'x-request-id',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-forwarded-server',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'x-original-url',
  'x-rewrite-url',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
]);

/** Headers of an answer that this hop writes itself. */
const NOT_RETURNED = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'server',
  'x-powered-by',
  'x-request-id',
  'alt-svc',
]);

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** What this hop knows about a request. */
export interface ForwardedFacts {
  readonly requestId: string;
  readonly clientAddress: string;
  /** The direct peer is a trusted proxy: what it says about protocol, host and path is kept. */
  readonly isPeerTrusted: boolean;
  readonly isEncrypted: boolean;
  /** The credential for the service; null passes none on. */
  readonly authorization: string | null;
  readonly contentLength: string | null;
  /** The trace that this hop continues, in place of what the client sent; null while tracing is off. */
  readonly trace: Readonly<Record<string, string>> | null;
}

/** The request headers for the upstream as name, value, name, value. What a client could spoof is gone. */
export function upstreamHeaders(headers: IncomingHttpHeaders, facts: ForwardedFacts): string[] {
  const nominated = nominatedBy(headers.connection);
  const result: string[] = [];
  for (const name in headers) {
    if (NOT_FORWARDED.has(name) || name.startsWith('x-peermesh-') || nominated?.includes(name)) continue;
    if (name === 'traceparent' && !TRACEPARENT.test(String(headers[name]))) continue;
    if (facts.trace !== null && (name === 'traceparent' || name === 'tracestate')) continue;
    const value = headers[name];
    if (typeof value === 'string') result.push(name, value);
    else if (value !== undefined) for (const each of value) result.push(name, each);
  }
  const peer = facts.clientAddress;
  const chain = facts.isPeerTrusted ? headers['x-forwarded-for'] : undefined;
  result.push(
    'x-request-id',
    facts.requestId,
    'x-forwarded-for',
    chain === undefined ? peer : String(chain),
    'x-forwarded-proto',
    (facts.isPeerTrusted ? single(headers['x-forwarded-proto']) : undefined) ?? (facts.isEncrypted ? 'https' : 'http'),
  );
  const host = (facts.isPeerTrusted ? single(headers['x-forwarded-host']) : undefined) ?? headers.host;
  if (host !== undefined) result.push('x-forwarded-host', host);
  if (facts.authorization !== null) result.push('authorization', facts.authorization);
  if (facts.contentLength !== null) result.push('content-length', facts.contentLength);
  for (const name in facts.trace) result.push(name, facts.trace[name]!);
  return result;
}

/** The answer's headers for the client as name, value, name, value. */
export function clientHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  options: { readonly dropsRateLimit: boolean },
): string[] {
  const connection = headers['connection'];
  const nominated = nominatedBy(typeof connection === 'string' ? connection : undefined);
  const result: string[] = [];
  for (const name in headers) {
    if (NOT_RETURNED.has(name) || nominated?.includes(name)) continue;
    if (options.dropsRateLimit && (name === 'ratelimit' || name === 'ratelimit-policy')) continue;
    const value = headers[name];
    if (typeof value === 'string') result.push(name, value);
    else if (value !== undefined) for (const each of value) result.push(name, each);
  }
  return result;
}

function nominatedBy(connection: string | undefined): string[] | null {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return null;
  return connection.split(',').map((name) => name.trim().toLowerCase());
}

function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' && !value.includes(',') ? value : undefined;
}
