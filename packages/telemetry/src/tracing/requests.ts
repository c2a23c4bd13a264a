import { type Context, context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { activeTracer, rootSampleRatio } from './tracing-state.ts';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** One incoming request whose trace is recorded. */
export interface RequestTrace {
  readonly span: Span;
  readonly context: Context;
}

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]([0-9a-f])$/;

/**
 * Continues the trace of an incoming request, or begins one. Whether a trace is recorded is decided where it begins; for one
 * that is not, and while tracing is off, there is nothing to carry and the result is null.
 */
export function traceRequest(request: { readonly method: string; readonly headers: Headers }): RequestTrace | null {
  const tracer = activeTracer();
  if (tracer === null || !isRecorded(request.headers['traceparent'])) return null;
  const parent = propagation.extract(context.active(), request.headers);
  const span = tracer.startSpan(request.method, { kind: SpanKind.SERVER }, parent);
  return { span, context: trace.setSpan(parent, span) };
}

/** By the caller's decision, the last bit of the flags; without a caller by lot. */
function isRecorded(traceparent: string | string[] | undefined): boolean {
  const flags = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent)?.[1] : undefined;
  return flags === undefined ? Math.random() < rootSampleRatio() : Number.parseInt(flags, 16) % 2 === 1;
}

/** Runs `work` inside the request's trace. */
export function insideTrace<T>(request: RequestTrace, work: () => T): T {
  return context.with(request.context, work);
}

/** Ends the span of a request. */
export function endRequestTrace(
  request: RequestTrace,
  answer: { readonly method: string; readonly route: string; readonly path: string; readonly status: number },
): void {
  const { span } = request;
  span.updateName(`${answer.method} ${answer.route}`);
  span.setAttributes({
    'http.request.method': answer.method,
    'http.route': answer.route,
    'url.path': answer.path,
    'http.response.status_code': answer.status,
  });
  if (answer.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

/** Headers that carry the present trace on to another service; empty while there is none. */
export function traceHeaders(): Readonly<Record<string, string>> {
  if (activeTracer() === null) return {};
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier;
}
