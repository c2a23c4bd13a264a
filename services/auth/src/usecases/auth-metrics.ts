import type { MetricsRegistry } from '@peermesh/telemetry';

/** What auth counts. */
export interface AuthMetrics {
  login(outcome: 'ok' | 'refused' | 'throttled'): void;
  refresh(outcome: 'ok' | 'repeated' | 'refused' | 'reused'): void;
}

export function createAuthMetrics(metrics: MetricsRegistry, hashQueueLength: () => number): AuthMetrics {
  const logins = metrics.counter({ name: 'auth_logins_total', help: 'Logins by outcome.', labels: ['outcome'] });
  const refreshes = metrics.counter({
    name: 'auth_refreshes_total',
    help: 'Refreshes by outcome; `reused` ends a session.',
    labels: ['outcome'],
  });
  metrics.gauge({
    name: 'auth_password_hash_queue_length',
    help: 'Logins that wait for a password to be hashed.',
    collect: (gauge) => gauge.set(hashQueueLength()),
  });
  return { login: (outcome) => logins.inc({ outcome }), refresh: (outcome) => refreshes.inc({ outcome }) };
}
