import { createRevocations } from '@peermesh/authz';
import { deadLetterRoutes } from '@peermesh/contracts/dead-letters';
import { publisherRoutes } from '@peermesh/contracts/publisher';
import { assertUrlAllowed, DEFAULT_PORTS, parseAllowHosts } from '@peermesh/http-guard';
import { mountDeadLetterRoutes, openBackbone, startWithRevocations } from '@peermesh/messaging';
import type { Worker } from '@peermesh/service-kit';
import {
  createApp,
  createSecretBox,
  deriveKey,
  mountOpenApi,
  useAccessTokens,
  useDecisionLog,
  useIdempotency,
} from '@peermesh/service-kit';
import { createLogger, createMetrics, type Logger } from '@peermesh/telemetry';
import type { FastifyInstance } from 'fastify';
import type { JSONWebKeySet } from 'jose';
import { createWebhookSender } from './adapters/http/webhook-sender.ts';
import { realtimeSender } from './adapters/realtime-sender.ts';
import { createEmailSender } from './adapters/smtp/email-sender.ts';
import type { PublisherConfig } from './config.ts';
import { consumePublishingTriggered } from './consumers/publishing-triggered.ts';
import { consumeUserChanged } from './consumers/user-changed.ts';
import { createLinkTokens } from './domain/link-tokens.ts';
import { createRetrySchedule } from './domain/retry-schedule.ts';
import type { Clock } from './ports.ts';
import { mountRoutes } from './routes/mount-routes.ts';
import { SubscriptionCache } from './usecases/subscription-cache.ts';
import { DeliveryWorker } from './workers/delivery-worker.ts';
import { startHousekeeping } from './workers/housekeeping.ts';
import { startRedeliveryWorker } from './workers/redelivery-worker.ts';
import { startStrandedSweeper } from './workers/stranded-sweeper.ts';

/** Older than this the authenticator refuses tokens. */
const REVOCATION_STALENESS_MS = 60_000;
/** Beyond the time limit of an attempt, so that a lease only ends when its holder is gone. */
const LEASE_MARGIN_MS = 15_000;

/** What tests replace. */
export interface PublisherOverrides {
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly jwks?: JSONWebKeySet;
}

/** The service before it listens. */
export interface PublisherService {
  readonly app: FastifyInstance;
  /** Starts consumers and workers. */
  start(): Promise<void>;
  /** Stops them in order; HTTP is closed by `app.close()` after that. */
  stop(): Promise<void>;
}

/** Wires the service: telemetry, database, events, authorization, channels, workers, routes. */
export async function buildApp(config: PublisherConfig, overrides: PublisherOverrides = {}): Promise<PublisherService> {
  const clock = overrides.clock ?? (() => new Date());
  const logger = overrides.logger ?? createLogger({ service: 'publisher', level: config.LOG_LEVEL });
  const metrics = createMetrics({ service: 'publisher' });
  const app = await createApp({ service: 'publisher', version: '0.1.0', logger, metrics });
  const backbone = await openBackbone('publisher', config, { logger, metrics });
  const { db, nats, bus } = backbone;
  const revocations = createRevocations();
  useAccessTokens(app, config, { revocations, jwks: overrides.jwks });
  useIdempotency(app, { db, module: 'publisher' });

  const secrets = createSecretBox(config.PUBLISHER_ENCRYPTION_KEY, 'publisher/secrets');
  const links = createLinkTokens(deriveKey(config.PUBLISHER_ENCRYPTION_KEY, 'publisher/links'));
  const allowHosts = config.PUBLISHER_ALLOW_PRIVATE_HOSTS.split(',').map((host) => host.trim());
  const timeoutMs = config.PUBLISHER_ATTEMPT_TIMEOUT_MS;
  const webhooks = createWebhookSender({
    secrets,
    clock,
    timeoutMs,
    allowHosts,
    connections: config.PUBLISHER_ENDPOINT_CONCURRENCY,
  });
  const email =
    config.SMTP_URL === ''
      ? null
      : createEmailSender({
          smtpUrl: config.SMTP_URL,
          from: config.EMAIL_FROM,
          publicUrl: config.PUBLIC_URL.replace(/\/$/, ''),
          links,
          clock,
          timeoutMs,
        });
  const cache = new SubscriptionCache(logger);
  const deliveries = new DeliveryWorker({
    db,
    settle: {
      db,
      bus,
      clock,
      schedule: createRetrySchedule(config.PUBLISHER_RETRY_SCHEDULE_SECONDS),
      policy: {
        disableAfterMs: config.PUBLISHER_DISABLE_AFTER_HOURS * 3_600_000,
        breakerThreshold: config.PUBLISHER_BREAKER_FAILURES,
        breakerMs: config.PUBLISHER_BREAKER_MS,
      },
    },
    senders: { webhook: webhooks, callback: webhooks, realtime: realtimeSender, email },
    claim: {
      breakerThreshold: config.PUBLISHER_BREAKER_FAILURES,
      leaseMs: timeoutMs + LEASE_MARGIN_MS,
    },
    endpointConcurrency: config.PUBLISHER_ENDPOINT_CONCURRENCY,
    timeoutMs,
    concurrency: config.PUBLISHER_CONCURRENCY,
    pollMs: config.PUBLISHER_POLL_MS,
    clock,
    logger,
    metrics,
  });
  const wake = (): void => deliveries.wake();
  consumePublishingTriggered(bus, { cache, clock, wake });
  consumeUserChanged(bus);

  const urlPolicy = { allow: parseAllowHosts(allowHosts), ports: DEFAULT_PORTS };
  await mountRoutes(app, {
    db,
    bus,
    clock,
    secrets,
    links,
    webhooks,
    isEmailOn: email !== null,
    assertUrl: (url) => void assertUrlAllowed(url, urlPolicy),
    wake,
  });
  mountDeadLetterRoutes(app, { bus });
  mountOpenApi(app, { title: 'PeerMesh publisher', routes: { ...publisherRoutes, ...deadLetterRoutes('publisher') } });
  app.health.add('postgres', () => db.ping());
  app.health.add('nats', () => nats.flush());
  app.health.add('revocations', async () => {
    if (revocations.stalenessMs() > REVOCATION_STALENESS_MS) throw new Error('revoked tokens are not known yet');
  });
  const workers: Worker[] = [];
  app.addHook('onClose', async () => {
    await Promise.all([webhooks.close(), email?.close()]);
    await backbone.close();
  });
  useDecisionLog(app, { db, bus });
  return {
    app,
    start: async () => {
      await startWithRevocations(bus, revocations);
      deliveries.start();
      const everyMs = config.PUBLISHER_POLL_MS;
      workers.push(
        startStrandedSweeper({ db, bus, everyMs: everyMs * 4, logger }),
        startRedeliveryWorker({ db, everyMs, wake, logger }),
        startHousekeeping({ db, retentionMonths: config.PUBLISHER_RETENTION_MONTHS, clock, logger }),
      );
    },
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
      await deliveries.stop();
      await bus.stop();
    },
  };
}
