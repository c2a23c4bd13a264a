import type { Labels, MetricsRegistry } from '@peermesh/telemetry';

/** A number of a subject, shown as a gauge. */
export interface Figure<Subject> {
  readonly name: string;
  readonly help: string;
  /** Null where the subject has no such number now. */
  of(subject: Subject): number | null;
}

/** Figures that the same subjects have, and the labels that tell these apart. */
export interface Observation<Subject, Label extends string> {
  readonly figures: readonly Figure<Subject>[];
  readonly labels: readonly Label[];
  /** Asked at each scrape, once for each figure. */
  subjects(): Iterable<readonly [labels: Labels<Label>, subject: Subject]>;
}

/** Shows each figure of each subject that there is at a scrape; what is gone is shown no more. */
export function observeFigures<Subject, Label extends string>(
  metrics: MetricsRegistry,
  { figures, labels, subjects }: Observation<Subject, Label>,
): void {
  for (const { name, help, of } of figures) {
    metrics.gauge({
      name,
      help,
      labels,
      collect: (gauge) => {
        gauge.reset();
        if (labels.length === 0) gauge.remove();
        for (const [values, subject] of subjects()) {
          const value = of(subject);
          if (value !== null) gauge.set(values, value);
        }
      },
    });
  }
}
