import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { turnOff, turnOn } from './tracing-state.ts';

/** How a process traces. */
export interface TracingOptions {
  readonly service: string;
  readonly version?: string;
  readonly instance?: string;
  readonly enabled: boolean;
  /** OTLP/HTTP endpoint with path, such as `http://127.0.0.1:4318/v1/traces`. */
  readonly otlpUrl: string;
  /** Share of traces that begin in this process which are recorded. Traces that began elsewhere follow their caller. */
  readonly sampleRatio: number;
  /** Where spans go in place of `otlpUrl`. */
  readonly exporter?: SpanExporter;
}

/** Running traces of a process. */
export interface Tracing {
  /** Sends what is waiting to be exported. */
  flush(): Promise<void>;
  /** Sends what is waiting and stops. Gives up after 3 s when the collector does not answer. */
  shutdown(): Promise<void>;
}

const OFF: Tracing = { flush: async () => undefined, shutdown: async () => undefined };

/**
 * Starts tracing, once in a process and before anything that should be traced. While it is off nothing of the
 * OpenTelemetry SDK is loaded and nothing is measured.
 */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  if (!options.enabled) return OFF;
  const { startSdk } = await import('./sdk.ts');
  const sdk = startSdk(options);
  turnOn(options.sampleRatio);
  return {
    flush: () => sdk.flush(),
    async shutdown() {
      turnOff();
      await sdk.shutdown();
    },
  };
}
