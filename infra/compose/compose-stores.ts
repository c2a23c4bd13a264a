import { services } from '../catalog.ts';
import { appRole, ownerRole } from '../postgres/roles.ts';
import type { ComposeService } from './compose-services.ts';
import { IMAGES } from './images.ts';

const COMMON = {
  restart: 'unless-stopped',
  security_opt: ['no-new-privileges:true'],
  logging: { driver: 'json-file', options: { 'max-size': '20m', 'max-file': '3' } },
} as const;

const INFRA = ['infra', 'fleet', 'dev'];
const OBSERVABILITY = ['observability'];

/** PostgreSQL, NATS and Redis as in production. */
export function storeServices(): Record<string, ComposeService> {
  const roles = services.flatMap(({ name }) => [ownerRole(name), appRole(name)].map((role) => `${role}_password`));
  return {
    postgres: {
      profiles: INFRA,
      image: IMAGES.postgres,
      ...COMMON,
      environment: {
        POSTGRES_USER: 'peermesh_admin',
        POSTGRES_DB: 'peermesh',
        POSTGRES_PASSWORD_FILE: '/run/secrets/postgres_password',
        POSTGRES_INITDB_ARGS: '--auth=scram-sha-256 --locale=C --encoding=UTF8',
      },
      command: [
        'postgres',
        '-c',
        'max_connections=300',
        '-c',
        'shared_buffers=512MB',
        '-c',
        'password_encryption=scram-sha-256',
      ],
      volumes: [
        'postgres:/var/lib/postgresql/data',
        './infra/postgres/init.sh:/docker-entrypoint-initdb.d/10-peermesh.sh:ro',
        './infra/postgres/roles.sql:/peermesh/roles.sql:ro',
      ],
      secrets: ['postgres_password', ...roles],
      healthcheck: {
        test: ['CMD', 'pg_isready', '-U', 'peermesh_admin', '-d', 'peermesh'],
        interval: '5s',
        timeout: '3s',
        retries: 12,
      },
      networks: ['stores'],
      shm_size: '256m',
      stop_grace_period: '60s',
      deploy: { resources: { limits: { memory: '2G', cpus: '2' } } },
    },
    nats: {
      profiles: INFRA,
      image: IMAGES.nats,
      ...COMMON,
      command: ['-c', '/run/secrets/nats_config'],
      secrets: ['nats_config'],
      volumes: ['nats:/data'],
      healthcheck: {
        test: ['CMD', 'wget', '-q', '-O', '-', 'http://127.0.0.1:8222/healthz?js-enabled-only=true'],
        interval: '5s',
        timeout: '3s',
        retries: 12,
      },
      networks: ['stores', 'observability'],
      deploy: { resources: { limits: { memory: '1G', cpus: '1' } } },
    },
    redis: {
      profiles: INFRA,
      image: IMAGES.redis,
      ...COMMON,
      command: ['valkey-server', '/run/secrets/redis_config'],
      secrets: ['redis_config'],
      read_only: true,
      tmpfs: ['/data'],
      healthcheck: {
        test: [
          'CMD-SHELL',
          'valkey-cli -a "$$(sed -n s/^requirepass.//p /run/secrets/redis_config)" --no-auth-warning ping | grep -q PONG',
        ],
        interval: '5s',
        timeout: '3s',
        retries: 12,
      },
      networks: ['stores'],
      deploy: { resources: { limits: { memory: '256M', cpus: '0.5' } } },
    },
    nginx: {
      profiles: ['fleet', 'dev'],
      image: IMAGES.nginx,
      ...COMMON,
      read_only: true,
      tmpfs: ['/tmp:uid=101,gid=101'],
      ports: ['${PEERMESH_HTTP_PORT:-8088}:8088', '${PEERMESH_HTTPS_PORT:-8443}:8443'],
      volumes: ['./infra/nginx/nginx.conf:/etc/nginx/nginx.conf:ro'],
      secrets: ['tls_certificate', 'tls_key'],
      healthcheck: {
        test: ['CMD', 'wget', '-q', '-O', '-', 'http://127.0.0.1:8088/nginx-health'],
        interval: '5s',
        timeout: '3s',
        retries: 12,
      },
      networks: ['edge'],
      deploy: { resources: { limits: { memory: '256M', cpus: '1' } } },
    },
  };
}

/** Metrics, alerts, dashboards and traces. */
export function observabilityServices(): Record<string, ComposeService> {
  const base = { profiles: OBSERVABILITY, ...COMMON, cap_drop: ['ALL'] };
  const networks = ['observability', 'fleet'];
  return {
    prometheus: {
      ...base,
      image: IMAGES.prometheus,
      command: [
        '--config.file=/etc/prometheus/prometheus.yml',
        '--storage.tsdb.path=/prometheus',
        '--storage.tsdb.retention.time=15d',
        '--enable-feature=exemplar-storage',
      ],
      volumes: [
        './infra/observability/prometheus.yml:/etc/prometheus/prometheus.yml:ro',
        './infra/observability/alerts.yml:/etc/prometheus/alerts.yml:ro',
        'prometheus:/prometheus',
      ],
      ports: ['127.0.0.1:9090:9090'],
      networks,
    },
    alertmanager: {
      ...base,
      image: IMAGES.alertmanager,
      volumes: ['./infra/observability/alertmanager.yml:/etc/alertmanager/alertmanager.yml:ro'],
      ports: ['127.0.0.1:9093:9093'],
      networks: ['observability', 'egress'],
    },
    grafana: {
      ...base,
      image: IMAGES.grafana,
      environment: {
        GF_SECURITY_ADMIN_PASSWORD__FILE: '/run/secrets/grafana_password',
        GF_AUTH_ANONYMOUS_ENABLED: 'false',
        GF_ANALYTICS_REPORTING_ENABLED: 'false',
      },
      secrets: ['grafana_password'],
      volumes: ['./infra/observability/grafana:/etc/grafana/provisioning:ro', 'grafana:/var/lib/grafana'],
      ports: ['127.0.0.1:3000:3000'],
      networks: ['observability'],
    },
    'otel-collector': {
      ...base,
      image: IMAGES.otelCollector,
      command: ['--config=/etc/otelcol/config.yml'],
      volumes: ['./infra/observability/otel-collector.yml:/etc/otelcol/config.yml:ro'],
      networks,
    },
    jaeger: { ...base, image: IMAGES.jaeger, ports: ['127.0.0.1:16686:16686'], networks: ['observability'] },
  };
}
