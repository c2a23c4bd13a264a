import {
  context,
  type Link,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { activeTracer } from './tracing-state.ts';

/** W3C trace context as events carry it. */
export interface TraceCarrier {
  traceparent?: string;
  tracestate?: string;
}

/** The trace context for an event that is published now. Inside a recorded trace it is that of a PRODUCER span. */
export function producerCarrier(subject: string): TraceCarrier {
  const carrier: TraceCarrier = {};
  const tracer = activeTracer();
  if (tracer === null) return carrier;
  if (trace.getActiveSpan()?.isRecording() !== true) {
    propagation.inject(context.active(), carrier);
    return carrier;
  }
  const span = tracer.startSpan(`publish ${subject}`, {
    kind: SpanKind.PRODUCER,
    attributes: { 'messaging.system': 'nats', 'messaging.destination.name': subject },
  });
  propagation.inject(trace.setSpan(context.active(), span), carrier);
  span.end();
  return carrier;
}

/** What a consumer works on. */
export interface Consumption {
  readonly consumer: string;
  readonly subject: string;
  /** Trace contexts of the events, in order. */
  readonly carriers: readonly TraceCarrier[];
  /** 1 for the first delivery. */
  readonly attempt: number;
}

const LINKS_MAX = 32;

/**
 * Runs a handler inside a CONSUMER span. One event on its first delivery continues the trace of its producer; redelivered
 * events and batches get a span of their own that links to where they came from. Traces that are not recorded pass by.
 */
export async function traceConsumption<T>(consumption: Consumption, work: () => Promise<T>): Promise<T> {
  const tracer = activeTracer();
  if (tracer === null) return work();
  const { carriers, attempt } = consumption;
  const [first] = carriers;
  const single = carriers.length === 1 && first !== undefined ? propagation.extract(ROOT_CONTEXT, first) : ROOT_CONTEXT;
  const links = linksTo(carriers);
  if (links.length === 0) return context.with(single, work);
  const continues = carriers.length === 1 && attempt === 1;
  const span = tracer.startSpan(
    `process ${consumption.subject}`,
    {
      kind: SpanKind.CONSUMER,
      links: continues ? [] : links,
      attributes: {
        'messaging.system': 'nats',
        'messaging.destination.name': consumption.subject,
        'messaging.consumer.group.name': consumption.consumer,
        'messaging.batch.message_count': carriers.length,
        'peermesh.attempt': attempt,
      },
    },
    continues ? single : ROOT_CONTEXT,
  );
  try {
    return await context.with(trace.setSpan(single, span), work);
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : 'failed' });
    throw error;
  } finally {
    span.end();
  }
}

function linksTo(carriers: readonly TraceCarrier[]): Link[] {
  const links: Link[] = [];
  for (const carrier of carriers) {
    if (carrier.traceparent === undefined) continue;
    const remote = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, carrier));
    if (remote === undefined || (remote.traceFlags & TraceFlags.SAMPLED) === 0) continue;
    links.push({ context: remote });
    if (links.length === LINKS_MAX) break;
  }
  return links;
}
