import { hostname } from 'node:os';
import { RoutesChanged } from '@peermesh/contracts/events';
import type { Database } from '@peermesh/database';
import { connectNats, createBus } from '@peermesh/messaging';
import { createDecisionLog, type DecisionLog } from '@peermesh/service-kit';
import type { Logger, MetricsRegistry } from '@peermesh/telemetry';
import { JetStreamEvents } from '../adapters/jetstream-events.ts';
import type { AnnounceRoutes } from '../adapters/pg-route-store.ts';
import type { GatewaySchema } from '../adapters/schema.ts';
import type { GatewayConfig } from '../config.ts';
import type { GatewayEvents } from '../ports.ts';

/** What the gateway hears and says. */
export interface GatewayMessaging {
  readonly events: GatewayEvents;
  readonly announce: AnnounceRoutes;
  readonly decisions: DecisionLog;
  stop(): Promise<void>;
}

/** Connects to NATS and starts the outbox relay. */
export async function connectMessaging(
  config: GatewayConfig,
  parts: { readonly db: Database<GatewaySchema>; readonly logger: Logger; readonly metrics: MetricsRegistry },
): Promise<GatewayMessaging> {
  const { db, logger, metrics } = parts;
  const nats = await connectNats({ url: config.NATS_URL, name: 'gateway', logger });
  const instance = config.INSTANCE_ID === '' ? `${hostname()}-${process.pid}` : config.INSTANCE_ID;
  const bus = createBus({ module: 'gateway', instance, db, databaseUrl: config.DATABASE_URL, nats, logger, metrics });
  await bus.start();
  const decisions = createDecisionLog({ db, bus, logger, metrics });
  const events = new JetStreamEvents({ nats, logger, replayMax: config.REALTIME_REPLAY_MAX });
  return {
    events,
    announce: (tx, { digest, revision, tenantId }) =>
      bus.publish(tx, RoutesChanged, { digest, revision }, { tenantId, partitionKey: 'routes' }),
    decisions,
    stop: async () => {
      await events.stop();
      await decisions.close();
      await bus.stop();
      await nats.close();
    },
  };
}
