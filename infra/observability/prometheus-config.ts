import { stringify } from 'yaml';
import { services } from '../catalog.ts';
import { CONTAINER_PORT } from '../compose/compose-services.ts';
import { type GeneratedFile, generatedNotice } from '../generated-file.ts';

/** prometheus.yml: one job per service, every replica found by name. */
export function prometheusFile(): GeneratedFile {
  const document = {
    global: {
      scrape_interval: '15s',
      evaluation_interval: '15s',
      scrape_protocols: ['OpenMetricsText1.0.0', 'PrometheusText0.0.4'],
    },
    rule_files: ['/etc/prometheus/alerts.yml'],
    alerting: { alertmanagers: [{ static_configs: [{ targets: ['alertmanager:9093'] }] }] },
    scrape_configs: services.map(({ name, siblings = [] }) => ({
      job_name: name,
      metrics_path: '/metrics',
      dns_sd_configs: [{ names: [name, ...siblings.map((sibling) => sibling.name)], type: 'A', port: CONTAINER_PORT }],
    })),
  };
  return {
    path: 'infra/observability/prometheus.yml',
    text: `${generatedNotice('observability/prometheus-config.ts')}\n${stringify(document)}`,
  };
}
