import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { ingestErrors, isPeerMeshError } from '@peermesh/errors';
import { type Dispatcher, request } from 'undici';

/** One request for a feed, a page or a robots.txt. */
export interface FetchRequest {
  readonly url: string;
  readonly accept: string;
  readonly etag?: string | null;
  readonly lastModified?: string | null;
  readonly bytesMax: number;
  readonly signal: AbortSignal;
  /** Called before each redirect is followed; throwing stops the fetch. */
  readonly beforeRedirect?: (url: URL) => Promise<void>;
}

/** The last answer of a chain of redirects. */
export interface FetchResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  readonly url: string;
  /** Where the URL has moved for good: the target of the permanent redirects at the beginning of the chain. */
  readonly movedTo: string | null;
}

/** Fetches over a guarded dispatcher. */
export interface HttpFetcher {
  fetch(input: FetchRequest): Promise<FetchResponse>;
}

const REDIRECTS_MAX = 5;
const REDIRECT_STATUS = new Set([301, 302, 303, 307, 308]);
const PERMANENT = new Set([301, 308]);

/**
 * Follows redirects one by one, so that the dispatcher checks every address, and reads bodies with limits on both the
 * received and the decompressed size. Validators are sent exactly as they were received. Failures of transport reject
 * with PM_INGEST_FETCH_FAILED (`meta.reason`) or a PM_HTTP_GUARD error.
 */
export function createHttpFetcher(dispatcher: Dispatcher, userAgent: string): HttpFetcher {
  return {
    fetch: async (input) => {
      let url = input.url;
      let movedTo: string | null = null;
      let isPermanentSoFar = true;
      for (let hop = 0; hop <= REDIRECTS_MAX; hop += 1) {
        const answer = await send(dispatcher, userAgent, url, input);
        const headers = flatten(answer.headers);
        const location = headers['location'];
        if (!REDIRECT_STATUS.has(answer.statusCode) || location === undefined) {
          const body = await readBody(answer.body, headers, answer.statusCode, input.bytesMax);
          return { status: answer.statusCode, headers, body, url, movedTo };
        }
        await answer.body.dump({ limit: 64 * 1024 });
        if (!URL.canParse(location, url)) throw failed('redirect_invalid', 'A redirect leads to no valid URL.');
        const target = new URL(location, url);
        if (!/^https?:$/.test(target.protocol))
          throw failed('redirect_invalid', 'A redirect leads away from http and https.');
        target.hash = '';
        await input.beforeRedirect?.(target);
        isPermanentSoFar &&= PERMANENT.has(answer.statusCode);
        if (isPermanentSoFar) movedTo = target.href;
        url = target.href;
      }
      throw failed('too_many_redirects', `More than ${REDIRECTS_MAX} redirects.`);
    },
  };
}

async function send(
  dispatcher: Dispatcher,
  userAgent: string,
  url: string,
  input: FetchRequest,
): Promise<Dispatcher.ResponseData> {
  try {
    return await request(url, {
      dispatcher,
      method: 'GET',
      signal: input.signal,
      headers: {
        'user-agent': userAgent,
        accept: input.accept,
        'accept-encoding': 'gzip, br, zstd, deflate',
        ...(input.etag == null ? {} : { 'if-none-match': input.etag }),
        ...(input.lastModified == null ? {} : { 'if-modified-since': input.lastModified }),
      },
    });
  } catch (cause) {
    throw asFetchError(cause);
  }
}

async function readBody(
  stream: Dispatcher.ResponseData['body'],
  headers: FetchResponse['headers'],
  status: number,
  bytesMax: number,
): Promise<Buffer> {
  if (status === 304 || status === 204) {
    await stream.dump();
    return Buffer.alloc(0);
  }
  if (Number(headers['content-length'] ?? 0) > bytesMax) {
    stream.destroy();
    throw failed('too_large', `The body exceeds ${bytesMax} bytes.`);
  }
  const decoded = decompress(stream, headers['content-encoding']);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of decoded as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > bytesMax) throw failed('too_large', `The body exceeds ${bytesMax} bytes.`);
      chunks.push(chunk);
    }
  } catch (cause) {
    throw asFetchError(cause);
  } finally {
    stream.destroy();
  }
  return Buffer.concat(chunks);
}

function decompress(stream: Readable, encoding: string | undefined): Readable {
  const decoder = decoderOf(encoding?.trim().toLowerCase());
  if (decoder === null) return stream;
  stream.on('error', (error) => decoder.destroy(error));
  return stream.pipe(decoder);
}

function decoderOf(encoding: string | undefined): ReturnType<typeof createGunzip> | null {
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip();
  if (encoding === 'br') return createBrotliDecompress();
  if (encoding === 'deflate') return createInflate();
  if (encoding === 'zstd') return createZstdDecompress();
  return null;
}

function asFetchError(cause: unknown): Error {
  if (isPeerMeshError(cause)) return cause;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
  const name = cause instanceof Error ? cause.name : '';
  if (name === 'TimeoutError' || name === 'AbortError' || code.includes('TIMEOUT'))
    return failed('timeout', 'The server did not answer in time.', cause);
  if (
    code.startsWith('Z_') ||
    code.startsWith('ERR_BROTLI') ||
    code.startsWith('ERR__ERROR') ||
    code.startsWith('ERR_ZSTD')
  ) {
    return failed('encoding', 'The compressed body is damaged.', cause);
  }
  if (code.startsWith('ERR_TLS') || code.includes('CERT') || code.startsWith('ERR_SSL'))
    return failed('tls', 'The TLS connection failed.', cause);
  return failed('connection', 'The connection failed.', cause);
}

function failed(reason: string, detail: string, cause?: unknown): Error {
  return ingestErrors.fetchFailed({ detail, meta: { reason }, ...(cause === undefined ? {} : { cause }) });
}

function flatten(headers: Dispatcher.ResponseData['headers']): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}
