export { fleetMetrics, observePool, type PoolStatistics } from './fleet-metrics.ts';
export { createLogger, type Logger, REDACTED_FIELDS } from './logger.ts';
export {
  createMetrics,
  DURATION_BUCKETS_SECONDS,
  type Labels,
  type MetricDefinition,
  type MetricsRegistry,
} from './metrics.ts';
export { type Consumption, producerCarrier, type TraceCarrier, traceConsumption } from './tracing/events.ts';
export { endRequestTrace, insideTrace, type RequestTrace, traceHeaders, traceRequest } from './tracing/requests.ts';
export { startTracing, type Tracing, type TracingOptions } from './tracing/start-tracing.ts';
export { traceQueries, traceRedis } from './tracing/stores.ts';
export { isTracing } from './tracing/tracing-state.ts';
