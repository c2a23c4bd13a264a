import type { AttemptOutcome } from '../ports.ts';

/** What an SMTP failure means (RFC 5321 4.2.1, RFC 3463): 5xx on the recipient is a hard bounce, the rest may pass. */
export function verdictOnSmtpError(error: unknown): AttemptOutcome {
  const { responseCode, response, code, command } = shapeOf(error);
  const text = (response ?? (error instanceof Error ? error.message : 'failed')).slice(0, 4096);
  const base = { httpStatus: null, response: text, retryAfterMs: null };
  if (responseCode === undefined) return { ...base, kind: 'retry', detail: `smtp_${(code ?? 'failed').toLowerCase()}` };
  const detail = `smtp_${responseCode}`;
  if (responseCode < 500) return { ...base, kind: 'retry', detail };
  const enhanced = /\b5\.(\d{1,3})\.(\d{1,3})\b/.exec(text);
  const isAddress =
    enhanced === null ? [550, 551, 553].includes(responseCode) && command === 'RCPT TO' : enhanced[1] === '1';
  if (isAddress) return { ...base, kind: 'gone', detail: `bounce_${responseCode}` };
  const isTransientPolicy = enhanced?.[1] === '7' || responseCode === 535 || command === 'AUTH' || command === 'CONN';
  return { ...base, kind: isTransientPolicy ? 'retry' : 'rejected', detail };
}

function shapeOf(error: unknown): { responseCode?: number; response?: string; code?: string; command?: string } {
  return typeof error === 'object' && error !== null ? error : {};
}
