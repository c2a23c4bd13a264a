import {
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { activeTracer, rootSampleRatio } from './tracing-state.ts';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** One incoming request. */
export interface RequestTrace {
  /** Null when the trace is not recorded: then nothing was made but a place to pass its id on. */
  readonly span: Span | null;
  readonly context: Context;
}

/**
 * Continues the trace of an incoming request, or begins one. Whether a trace is recorded is decided where it begins; no span
 * is made for one that is not. Returns null while tracing is off.
 */
export function traceRequest(request: { readonly method: string; readonly headers: Headers }): RequestTrace | null {
  const tracer = activeTracer();
  if (tracer === null) return null;
  const parent = propagation.extract(context.active(), request.headers);
  const remote = trace.getSpanContext(parent);
  const isRecorded =
    remote === undefined ? Math.random() < rootSampleRatio() : (remote.traceFlags & TraceFlags.SAMPLED) !== 0;
  if (!isRecorded) return { span: null, context: remote === undefined ? unrecorded(parent) : parent };
  const span = tracer.startSpan(request.method, { kind: SpanKind.SERVER }, parent);
  return { span, context: trace.setSpan(parent, span) };
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
  if (span === null) return;
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

function unrecorded(parent: Context): Context {
  const spanContext = { traceId: hex(32), spanId: hex(16), traceFlags: TraceFlags.NONE };
  return trace.setSpan(parent, trace.wrapSpanContext(spanContext));
}

/** Random hex digits, never all zero. Trace ids need to be unique, not secret. */
function hex(length: number): string {
  let digits = '';
  while (digits.length < length)
    digits += (0x1_0000_0000 + Math.floor(Math.random() * 0xffff_ffff) + 1).toString(16).slice(-8);
  return digits.slice(0, length);
}
