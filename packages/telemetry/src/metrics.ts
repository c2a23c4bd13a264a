import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Labels of a metric: few values each, never ids. */
export type Labels<Name extends string> = Readonly<Record<Name, string | number>>;

/** A metric's name, help text and label names. */
export interface MetricDefinition<Name extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly Name[];
}

/** The metrics of one process. Asking twice for the same name gives the same metric. */
export interface MetricsRegistry {
  counter<Name extends string = never>(definition: MetricDefinition<Name>): Counter<Name>;
  gauge<Name extends string = never>(
    definition: MetricDefinition<Name> & {
      /** Called at each scrape to set the value. */ readonly collect?: (gauge: Gauge<Name>) => void | Promise<void>;
    },
  ): Gauge<Name>;
  histogram<Name extends string = never>(
    definition: MetricDefinition<Name> & {
      /** Upper bounds in the metric's unit. */ readonly buckets: readonly number[];
    },
  ): Histogram<Name>;
  /** Everything in the Prometheus text format. */
  expose(): Promise<string>;
  readonly contentType: string;
}

/** Buckets in seconds for requests and handlers. */
export const DURATION_BUCKETS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

/** Makes the registry of a process; every metric carries the label `service`. Process and event-loop metrics are included. */
export function createMetrics(options: { readonly service: string }): MetricsRegistry {
  const registry = new Registry();
  registry.setDefaultLabels({ service: options.service });
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });
  const known = new Map<string, unknown>();
  const once = <T>(name: string, make: () => T): T => {
    if (!known.has(name)) known.set(name, make());
    return known.get(name) as T;
  };
  return {
    counter: <Name extends string>(d: MetricDefinition<Name>) =>
      once(
        d.name,
        () => new Counter<Name>({ name: d.name, help: d.help, labelNames: d.labels ?? [], registers: [registry] }),
      ),
    gauge: <Name extends string>(
      d: MetricDefinition<Name> & { collect?: (gauge: Gauge<Name>) => void | Promise<void> },
    ) =>
      once(d.name, () => {
        const { collect } = d;
        return new Gauge<Name>({
          name: d.name,
          help: d.help,
          labelNames: d.labels ?? [],
          registers: [registry],
          ...(collect === undefined
            ? {}
            : {
                collect(this: Gauge<Name>) {
                  return collect(this);
                },
              }),
        });
      }),
    histogram: <Name extends string>(d: MetricDefinition<Name> & { buckets: readonly number[] }) =>
      once(
        d.name,
        () =>
          new Histogram<Name>({
            name: d.name,
            help: d.help,
            labelNames: d.labels ?? [],
            buckets: [...d.buckets],
            registers: [registry],
          }),
      ),
    expose: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
