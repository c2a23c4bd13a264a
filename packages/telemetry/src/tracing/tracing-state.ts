import { type Tracer, trace } from '@opentelemetry/api';

let tracer: Tracer | null = null;
let sampleRatio = 0;

/** The tracer of this process; null while tracing is off. OpenTelemetry's own registry is per process too. */
export function activeTracer(): Tracer | null {
  return tracer;
}

/** Whether this process traces. */
export function isTracing(): boolean {
  return tracer !== null;
}

/** Share of traces that begin here which are recorded. */
export function rootSampleRatio(): number {
  return sampleRatio;
}

export function turnOn(ratio: number): void {
  tracer = trace.getTracer('peermesh');
  sampleRatio = ratio;
}

export function turnOff(): void {
  tracer = null;
}
