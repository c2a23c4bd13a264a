import { type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { activeTracer } from './tracing-state.ts';

interface QueryClient {
  // biome-ignore lint/suspicious/noExplicitAny: pg's query has a dozen overloads
  query: (...args: any[]) => any;
}

/** Makes a CLIENT span for each query of a `pg` client that runs inside a recorded trace. Call it once for each new client. */
export function traceQueries(client: QueryClient): void {
  if (activeTracer() === null) return;
  const query = client.query;
  client.query = function traced(this: unknown, ...args: unknown[]): unknown {
    const span = isRecording() ? beginQuery(args[0]) : null;
    if (span === null) return query.apply(this, args);
    const result: unknown = query.apply(this, args);
    endWith(span, result);
    return result;
  };
}

interface RedisClient {
  // biome-ignore lint/suspicious/noExplicitAny: ioredis' command is not exported
  sendCommand: (command: any, ...rest: any[]) => any;
}

/** Makes a CLIENT span for each command of an `ioredis` client that runs inside a recorded trace. */
export function traceRedis(client: RedisClient): void {
  if (activeTracer() === null) return;
  const send = client.sendCommand;
  client.sendCommand = function traced(
    this: unknown,
    command: { name: string; promise: unknown },
    ...rest: unknown[]
  ): unknown {
    const span = isRecording() ? beginSpan('redis', command.name.toUpperCase()) : null;
    const result: unknown = send.apply(this, [command, ...rest]);
    if (span !== null) endWith(span, command.promise);
    return result;
  };
}

function isRecording(): boolean {
  return trace.getActiveSpan()?.isRecording() === true;
}

/** BEGIN and COMMIT get no span: what costs time between them has one. */
function beginQuery(query: unknown): Span | null {
  const operation = operationOf(query);
  return operation === 'BEGIN' || operation === 'COMMIT' ? null : beginSpan('postgresql', operation);
}

function beginSpan(system: string, operation: string): Span | null {
  const tracer = activeTracer();
  if (tracer === null) return null;
  const attributes = { 'db.system.name': system, 'db.operation.name': operation };
  return tracer.startSpan(`${system} ${operation}`, { kind: SpanKind.CLIENT, attributes });
}

function endWith(span: Span, result: unknown): void {
  if (typeof (result as { then?: unknown } | null)?.then !== 'function') {
    span.end();
    return;
  }
  (result as Promise<unknown>).then(
    () => span.end(),
    (error: unknown) => {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : 'failed' });
      span.end();
    },
  );
}

/** The first word of a statement: enough to tell queries apart, and free of data. */
function operationOf(query: unknown): string {
  const text = typeof query === 'string' ? query : (query as { text?: unknown } | null)?.text;
  return typeof text === 'string' ? (/[A-Za-z]+/.exec(text)?.[0].toUpperCase() ?? 'QUERY') : 'QUERY';
}
