import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, ParentBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { traceHttpClients } from './http-clients.ts';
import type { Tracing, TracingOptions } from './start-tracing.ts';

const SHUTDOWN_MS = 3_000;

/** Registers provider, context and propagation of the process. Which roots are recorded is decided before a span is made. */
export function startSdk(options: TracingOptions): Tracing {
  const processor = new BatchSpanProcessor({
    exporter: options.exporter ?? new OTLPTraceExporter({ url: options.otlpUrl, timeoutMillis: 10_000 }),
    maxQueueSize: 8_192,
    maxExportBatchSize: 512,
    scheduledDelayMillis: 1_000,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': options.service,
      'service.namespace': 'peermesh',
      ...(options.version === undefined ? {} : { 'service.version': options.version }),
      ...(options.instance === undefined ? {} : { 'service.instance.id': options.instance }),
    }),
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanProcessors: [processor],
  });
  const manager = new AsyncLocalStorageContextManager().enable();
  context.setGlobalContextManager(manager);
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  const stopClients = traceHttpClients();
  return {
    flush: () => provider.forceFlush(),
    async shutdown() {
      stopClients();
      let timer: NodeJS.Timeout | undefined;
      const tired = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, SHUTDOWN_MS);
      });
      await Promise.race([provider.shutdown().catch(() => undefined), tired]);
      clearTimeout(timer);
      trace.disable();
      propagation.disable();
      context.disable();
    },
  };
}
