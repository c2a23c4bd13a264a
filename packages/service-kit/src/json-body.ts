import { isUtf8 } from 'node:buffer';
import { commonErrors } from '@peermesh/errors';
import type { FastifyInstance } from 'fastify';

/** Deepest nesting of arrays and objects in a JSON body. */
export const JSON_DEPTH_MAX = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Replaces Fastify's JSON parser by one that also refuses what would fail later: invalid UTF-8, nesting beyond
 * {@link JSON_DEPTH_MAX}, and the character NUL, which PostgreSQL cannot store. `__proto__` and `constructor.prototype`
 * are refused as Fastify does.
 */
export function parseJsonStrictly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  const types = ['application/json', 'application/merge-patch+json'];
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser(types, { parseAs: 'buffer' }, (request, body, done) => {
    const bytes = body as Buffer;
    if (bytes.length === 0 && request.routeOptions.schema?.body === undefined) return done(null, undefined);
    const fault = faultOf(bytes);
    if (fault !== null) return done(commonErrors.malformedBody({ detail: fault }), undefined);
    return parse(request, bytes.toString('utf8'), done);
  });
}

function faultOf(bytes: Buffer): string | null {
  if (!isUtf8(bytes)) return 'The body is not valid UTF-8.';
  if (isTooDeep(bytes)) return `The body is nested deeper than ${JSON_DEPTH_MAX} levels.`;
  if (holdsNul(bytes)) return 'The body holds the character U+0000.';
  return null;
}

function isTooDeep(bytes: Buffer): boolean {
  let depth = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (byte === QUOTE) {
      index = endOfString(bytes, index);
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > JSON_DEPTH_MAX) return true;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1;
    }
  }
  return false;
}

function endOfString(bytes: Buffer, start: number): number {
  let end = bytes.indexOf(QUOTE, start + 1);
  while (end !== -1 && isEscaped(bytes, end)) end = bytes.indexOf(QUOTE, end + 1);
  return end === -1 ? bytes.length : end;
}

function holdsNul(bytes: Buffer): boolean {
  for (let at = bytes.indexOf('\\u0000'); at !== -1; at = bytes.indexOf('\\u0000', at + 6)) {
    if (!isEscaped(bytes, at)) return true;
  }
  return false;
}

function isEscaped(bytes: Buffer, at: number): boolean {
  let slashes = 0;
  while (bytes[at - 1 - slashes] === BACKSLASH) slashes += 1;
  return slashes % 2 === 1;
}
