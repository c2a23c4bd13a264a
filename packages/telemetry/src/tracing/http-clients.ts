import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { activeTracer } from './tracing-state.ts';

interface ClientRequest {
  readonly method: string;
  readonly path: string;
  readonly origin: string | URL;
  addHeader(name: string, value: string): void;
}
interface ClientResponse {
  readonly statusCode: number;
}

/**
 * Passes the trace on with every request of undici, and so of `fetch`, and makes a CLIENT span inside recorded traces.
 * A request that carries `traceparent` already is left alone. Returns what ends it.
 */
export function traceHttpClients(): () => void {
  const spans = new WeakMap<ClientRequest, Span>();
  const listeners: [string, (message: unknown) => void][] = [
    ['undici:request:create', (message) => begin((message as { request: ClientRequest }).request)],
    ['undici:request:headers', (message) => answered(message as { request: ClientRequest; response: ClientResponse })],
    ['undici:request:trailers', (message) => end((message as { request: ClientRequest }).request)],
    ['undici:request:error', (message) => failed(message as { request: ClientRequest; error: Error })],
  ];
  for (const [channel, listener] of listeners) subscribe(channel, listener);
  return () => {
    for (const [channel, listener] of listeners) unsubscribe(channel, listener);
  };

  function begin(request: ClientRequest): void {
    const tracer = activeTracer();
    const parent = context.active();
    const inside = trace.getSpan(parent);
    if (tracer === null || inside?.isRecording() !== true || carriesTrace(request)) return;
    const span = tracer.startSpan(request.method, {
      kind: SpanKind.CLIENT,
      attributes: {
        'http.request.method': request.method,
        'server.address': String(request.origin),
        'url.path': request.path.split('?', 1)[0] ?? '/',
      },
    });
    spans.set(request, span);
    inject(request, trace.setSpan(parent, span));
  }

  function answered({ request, response }: { request: ClientRequest; response: ClientResponse }): void {
    const span = spans.get(request);
    span?.setAttribute('http.response.status_code', response.statusCode);
    if (response.statusCode >= 400) span?.setStatus({ code: SpanStatusCode.ERROR });
  }

  function failed({ request, error }: { request: ClientRequest; error: Error }): void {
    spans.get(request)?.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    end(request);
  }

  function end(request: ClientRequest): void {
    spans.get(request)?.end();
    spans.delete(request);
  }
}

function inject(request: ClientRequest, from: ReturnType<typeof context.active>): void {
  propagation.inject(from, request, { set: (carrier, name, value) => carrier.addHeader(name, value) });
}

function carriesTrace(request: ClientRequest): boolean {
  const { headers } = request as unknown as { readonly headers?: string | readonly string[] };
  if (typeof headers === 'string') return /(^|\r\n)traceparent:/i.test(headers);
  return headers?.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'traceparent') ?? false;
}
