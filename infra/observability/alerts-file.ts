import { stringify } from 'yaml';
import { type GeneratedFile, generatedNotice } from '../generated-file.ts';
import { alerts } from './alert-definitions.ts';

const RUNBOOKS = 'https://docs.peermesh.dev/runbooks/';
const WORDS = /[a-z][a-z0-9]*(?:_[a-z0-9]+)+/g;
const KEYWORDS = new Set(['histogram_quantile', 'group_left', 'label_replace']);

/** alerts.yml for Prometheus. */
export function alertsFile(): GeneratedFile {
  const rules = alerts.map(({ name, expression, holds, severity, summary, runbook }) => ({
    alert: name,
    expr: expression,
    for: holds,
    labels: { severity },
    annotations: { summary, runbook_url: `${RUNBOOKS}${runbook}` },
  }));
  return {
    path: 'infra/observability/alerts.yml',
    text: `${generatedNotice('observability/alerts-file.ts')}\n${stringify({ groups: [{ name: 'peermesh', rules }] }, { lineWidth: 0 })}`,
  };
}

/** The metrics that an expression looks at, without the suffixes of histograms. */
export function metricsOf({ expression }: { readonly expression: string }): string[] {
  const names = expression.replaceAll(/"[^"]*"/g, '').match(WORDS) ?? [];
  return [...new Set(names.map((name) => name.replace(/_(count|bucket|sum)$/, '')))].filter(
    (name) => !KEYWORDS.has(name),
  );
}
