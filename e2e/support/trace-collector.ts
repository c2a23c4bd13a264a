import { buffer } from 'node:stream/consumers';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { startLoopbackServer } from './loopback-server.ts';

/** One span as a service exported it. */
export interface CollectedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the root of a trace. */
  readonly parentSpanId: string;
  /** Span ids that it links to. */
  readonly links: readonly string[];
}

/** An OTLP/HTTP collector that keeps all spans. */
export interface TraceCollector {
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  stop(): Promise<void>;
}

/** Starts it; it takes `ExportTraceServiceRequest` in protobuf (opentelemetry-proto 1.x). */
export async function startTraceCollector(): Promise<TraceCollector> {
  const spans: CollectedSpan[] = [];
  const server = await startLoopbackServer((request, response) => {
    buffer(request).then(
      (body) => {
        for (const resourceSpans of messagesIn(body, 1)) spans.push(...spansOf(resourceSpans));
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      },
      () => response.destroy(),
    );
  });
  return { url: `${server.url}/v1/traces`, spans, stop: server.stop };
}

function spansOf(resourceSpans: Uint8Array): CollectedSpan[] {
  const attributes = messagesIn(resourceSpans, 1).flatMap((resource) => messagesIn(resource, 1));
  const service = attributes.find((attribute) => textOf(attribute, 1) === 'service.name');
  const name = service === undefined ? '' : messagesIn(service, 2).map((value) => textOf(value, 1))[0];
  return messagesIn(resourceSpans, 2)
    .flatMap((scopeSpans) => messagesIn(scopeSpans, 2))
    .map((span) => ({
      service: name ?? '',
      name: textOf(span, 5),
      traceId: hexOf(span, 1),
      spanId: hexOf(span, 2),
      parentSpanId: hexOf(span, 4),
      links: messagesIn(span, 13).map((link) => hexOf(link, 2)),
    }));
}

/** The length-delimited fields of a message with this number, in order. */
function messagesIn(message: Uint8Array, field: number): Uint8Array[] {
  const reader = new BinaryReader(message);
  const found: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === field && wireType === WireType.LengthDelimited) found.push(reader.bytes());
    else reader.skip(wireType, number);
  }
  return found;
}

function textOf(message: Uint8Array, field: number): string {
  return Buffer.from(messagesIn(message, field)[0] ?? []).toString('utf8');
}

function hexOf(message: Uint8Array, field: number): string {
  return Buffer.from(messagesIn(message, field)[0] ?? []).toString('hex');
}
