import type { AttemptOutcome } from '../ports.ts';

/** What the answer of a webhook receiver means. Redirects are not followed: where a delivery goes is for its owner to say. */
export function verdictOnResponse(
  status: number,
  response: string,
  retryAfter: string | null,
  now: Date,
): AttemptOutcome {
  const base = { detail: `http_${status}`, httpStatus: status, response, retryAfterMs: null };
  if (status >= 200 && status < 300) return { ...base, kind: 'delivered' };
  if (status === 410) return { ...base, kind: 'gone' };
  return { ...base, kind: 'retry', retryAfterMs: retryAfterOf(retryAfter, now) };
}

/** Milliseconds that a `Retry-After` header asks for (RFC 9110 10.2.3: seconds or a date). */
export function retryAfterOf(header: string | null, now: Date): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - now.getTime());
}
