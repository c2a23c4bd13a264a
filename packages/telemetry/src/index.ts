export { createLogger, type Logger, REDACTED_FIELDS } from './logger.ts';
export {
  createMetrics,
  DURATION_BUCKETS_SECONDS,
  type Labels,
  type MetricDefinition,
  type MetricsRegistry,
} from './metrics.ts';
