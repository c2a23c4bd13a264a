import { deadLetterRoutes } from '@peermesh/contracts/dead-letters';
import { publisherRoutes } from '@peermesh/contracts/publisher';
import { assertUrlAllowed, DEFAULT_PORTS, parseAllowHosts } from '@peermesh/http-guard';
import { mountDeadLetterRoutes, openService, type ServiceOverrides } from '@peermesh/messaging';
import { createSecretBox, deriveKey, mountOpenApi, type WiredService, type Worker } from '@peermesh/service-kit';
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

/** Beyond the time limit of an attempt, so that a lease only ends when its holder is gone. */
const LEASE_MARGIN_MS = 15_000;

/** What tests replace. */
export interface PublisherOverrides extends ServiceOverrides {
  readonly clock?: Clock;
}

/** Wires the service: telemetry, database, events, authorization, channels, workers, routes. */
export async function buildApp(config: PublisherConfig, overrides: PublisherOverrides = {}): Promise<WiredService> {
  const clock = overrides.clock ?? (() => new Date());
  const { app, logger, metrics, db, bus, startBus } = await openService('publisher', config, overrides);

  const secrets = createSecretBox(config.PUBLISHER_ENCRYPTION_KEY, 'publisher/secrets');
  const links = createLinkTokens(deriveKey(config.PUBLISHER_ENCRYPTION_KEY, 'publisher/links'));
  const allowHosts = config.PUBLISHER_ALLOW_PRIVATE_HOSTS.split(',').map((host) => host.trim());
  const timeoutMs = config.PUBLISHER_ATTEMPT_TIMEOUT_MS;
  const webhooks = createWebhookSender({
    secrets,
    clock,
    timeoutMs,
    allowHosts,
    // Endpoints of many owners share an origin: what one of them may have at once is for its lane to say.
    connections: config.PUBLISHER_CONCURRENCY,
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
  const workers: Worker[] = [];
  app.addHook('onClose', async () => {
    await Promise.all([webhooks.close(), email?.close()]);
  });
  return {
    app,
    start: async () => {
      await startBus();
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
