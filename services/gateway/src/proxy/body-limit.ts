import type { IncomingMessage } from 'node:http';
import { Transform } from 'node:stream';
import { commonErrors } from '@peermesh/errors';

/** Bodies up to this size are read before the upstream is asked, so that a slow client costs the service nothing. */
export const SMALL_BODY_BYTES = 64 * 1024;

/** The request body as a stream that fails with 413 when it grows beyond the limit. The request itself survives that. */
export function limitedBody(request: IncomingMessage, bytesMax: number): Transform {
  let bytes = 0;
  const limited = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > bytesMax) done(commonErrors.payloadTooLarge({ detail: `The limit is ${bytesMax} bytes.` }));
      else done(null, chunk);
    },
  });
  limited.on('error', () => {
    request.unpipe(limited);
    request.resume();
  });
  return request.pipe(limited);
}

/** Reads a small body whole. Calls back once, with null when the client went away before the end. */
export function collectBody(request: IncomingMessage, done: (body: Buffer | null) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.once('close', () => {
    if (!request.complete) done(null);
  });
  request.once('end', () => done(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
}
