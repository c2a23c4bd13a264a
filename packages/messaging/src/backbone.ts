import { createDatabase, type Database } from '@peermesh/database';
import { instanceName } from '@peermesh/service-kit';
import type { Logger, MetricsRegistry } from '@peermesh/telemetry';
import { type Bus, createBus } from './bus.ts';
import { connectNats } from './nats-connection.ts';

/** Settings that every service with a database and events has. */
export interface BackboneConfig {
  readonly DATABASE_URL: string;
  readonly DATABASE_POOL_MAX: number;
  readonly NATS_URL: string;
  readonly INSTANCE_ID: string;
}

/** What a service keeps and says: its database, its connection to NATS, and the bus over both. */
export interface Backbone<Schema> {
  readonly db: Database<Schema>;
  readonly nats: Awaited<ReturnType<typeof connectNats>>;
  readonly bus: Bus;
  /** Sends what is under way, then closes both. */
  close(): Promise<void>;
}

/**
 * Opens them for a service whose schema, module and NATS user have its name. The bus is not started.
 * @throws when NATS refuses the connection; one that does not answer is waited for
 */
export async function openBackbone<Schema = unknown>(
  service: string,
  config: BackboneConfig,
  { logger, metrics }: { readonly logger: Logger; readonly metrics: MetricsRegistry },
): Promise<Backbone<Schema>> {
  const databaseUrl = config.DATABASE_URL;
  const db = createDatabase<Schema>({
    url: databaseUrl,
    schema: service,
    applicationName: service,
    poolMax: config.DATABASE_POOL_MAX,
    logger,
    metrics,
  });
  const nats = await connectNats({ url: config.NATS_URL, name: service, logger });
  const bus = createBus({ module: service, instance: instanceName(config), db, databaseUrl, nats, logger, metrics });
  return {
    db,
    nats,
    bus,
    close: async () => {
      await nats.drain();
      await db.close();
    },
  };
}
