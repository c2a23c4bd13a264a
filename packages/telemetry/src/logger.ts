import { context, isSpanContextValid, trace } from '@opentelemetry/api';
import { type DestinationStream, type Logger, pino } from 'pino';
import { processOutput } from './standard-output.ts';

/** A pino logger whose lines carry `service` and, inside a traced operation, `trace_id` and `span_id`. */
export type { Logger } from 'pino';

/** Paths that never reach a log, wherever they stand in the first three levels. */
export const REDACTED_FIELDS = [
  'password',
  'newPassword',
  'currentPassword',
  'authorization',
  'cookie',
  'token',
  'accessToken',
  'refreshToken',
  'secret',
  'apiKey',
  'key',
] as const;

/**
 * Makes the logger of a process. It writes JSON lines to standard output, and loses them where that takes none.
 * @param options.level `fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`
 */
export function createLogger(
  options: { readonly service: string; readonly level: string },
  destination: DestinationStream = processOutput(),
): Logger {
  const settings = {
    level: options.level,
    base: { service: options.service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      paths: REDACTED_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]).concat([
        '["x-api-key"]',
        '*["x-api-key"]',
        '*.*["x-api-key"]',
      ]),
      censor: '[redacted]',
    },
    mixin: traceFields,
  };
  return pino(settings, destination);
}

function traceFields(): object {
  const span = trace.getSpanContext(context.active());
  if (span === undefined || !isSpanContextValid(span)) return {};
  return { trace_id: span.traceId, span_id: span.spanId };
}
