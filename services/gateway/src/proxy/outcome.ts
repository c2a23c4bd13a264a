import { gatewayErrors, type PeerMeshError } from '@peermesh/errors';

/** How a broken attempt is judged. */
export interface AttemptFailure {
  readonly reason: 'connect' | 'reset' | 'garbage' | 'idle';
  /** Whether the target itself is to blame, so that others are preferred for a while. */
  readonly blamesTarget: boolean;
  toProblem(): PeerMeshError;
}

const GARBAGE_CODES = new Set(['UND_ERR_HEADERS_OVERFLOW', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH']);

/** Judges the error of an attempt that got no head, or lost its body. */
export function failureOf(error: Error, wasSent: boolean): AttemptFailure {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (!wasSent) {
    return {
      reason: 'connect',
      blamesTarget: true,
      toProblem: () => gatewayErrors.upstreamUnavailable({ cause: error, retryAfterSeconds: 1 }),
    };
  }
  if (code === 'UND_ERR_BODY_TIMEOUT' || code === 'UND_ERR_HEADERS_TIMEOUT') {
    return { reason: 'idle', blamesTarget: false, toProblem: () => gatewayErrors.upstreamTimeout({ cause: error }) };
  }
  const isGarbage = code.startsWith('HPE_') || GARBAGE_CODES.has(code);
  return {
    reason: isGarbage ? 'garbage' : 'reset',
    blamesTarget: !isGarbage,
    toProblem: () => gatewayErrors.upstreamInvalid({ cause: error }),
  };
}

/** Methods that may run twice with the effect of one (RFC 9110 9.2.2). */
export function isIdempotent(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'PUT' || method === 'DELETE' || method === 'OPTIONS';
}
