/** The production parts, at the versions that the fleet is meant for. Deployments pin them by digest. */
export const IMAGES = {
  postgres: 'postgres:17-alpine',
  nats: 'nats:2.12-alpine',
  redis: 'valkey/valkey:8-alpine',
  nginx: 'nginxinc/nginx-unprivileged:stable-alpine',
  prometheus: 'prom/prometheus:v3.5.0',
  alertmanager: 'prom/alertmanager:v0.28.1',
  grafana: 'grafana/grafana:12.1.0',
  otelCollector: 'otel/opentelemetry-collector-contrib:0.130.0',
  jaeger: 'jaegertracing/jaeger:2.8.0',
  node: 'node:24-slim',
} as const;
