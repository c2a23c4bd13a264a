import { context, type Link, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { CloudEvent, EventDefinition } from '@peermesh/contracts';

const tracer = trace.getTracer('@peermesh/messaging');

/**
 * Runs a handler inside a span: the child of its event's trace, or for a batch a span that links to the trace of each.
 * Costs next to nothing while tracing is off.
 */
export async function tracedHandling<T>(
  consumer: string,
  event: EventDefinition,
  events: readonly CloudEvent[],
  work: () => Promise<T>,
): Promise<T> {
  const first = events[0];
  const parents = events.filter(({ traceparent }) => traceparent !== undefined).map(parentOf);
  const isSingle = events.length === 1;
  const links: Link[] = isSingle
    ? []
    : parents
        .map((parent) => trace.getSpanContext(parent))
        .flatMap((found) => (found === undefined ? [] : [{ context: found }]));
  return tracer.startActiveSpan(
    `process ${event.subject}`,
    {
      kind: SpanKind.CONSUMER,
      links,
      attributes: {
        'messaging.system': 'nats',
        'messaging.operation.type': 'process',
        'messaging.destination.name': event.subject,
        'messaging.consumer.group.name': consumer,
        'messaging.batch.message_count': events.length,
        ...(isSingle && first !== undefined ? { 'messaging.message.id': first.id } : {}),
      },
    },
    isSingle ? (parents[0] ?? ROOT_CONTEXT) : context.active(),
    async (span) => {
      try {
        return await work();
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
        span.end();
      }
    },
  );
}

function parentOf({ traceparent, tracestate }: CloudEvent): ReturnType<typeof propagation.extract> {
  return propagation.extract(ROOT_CONTEXT, { traceparent, tracestate });
}
