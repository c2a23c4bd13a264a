import { createRevocations } from '@peermesh/authz';
import type { EventData } from '@peermesh/contracts';
import { RoutesComputed } from '@peermesh/contracts/events';
import type { Database } from '@peermesh/database';
import { type Bus, connectNats, createBus, createOutbox, type Outbox, startWithRevocations } from '@peermesh/messaging';
import { instanceName } from '@peermesh/service-kit';
import type { Logger, MetricsRegistry } from '@peermesh/telemetry';
import type { MeshNodeConfig } from '../config.ts';

type Revocations = ReturnType<typeof createRevocations>;

/** What a node says and hears over NATS. It works without: events wait in the outbox. */
export interface Messaging {
  readonly outbox: Outbox;
  readonly revocations: Revocations;
  wakeRelay(): void;
  /** Fails while NATS is away. */
  ping(): Promise<void>;
  stop(): Promise<void>;
}

/** Connects in the background, however long that takes. */
export function startMessaging(
  config: MeshNodeConfig,
  parts: {
    readonly db: Database<unknown>;
    readonly logger: Logger;
    readonly metrics: MetricsRegistry;
    /** The router has routes of a newer topology of this mesh. */
    readonly onRoutesComputed: (meshId: string) => void;
  },
): Messaging {
  const { db, logger, metrics } = parts;
  const instance = instanceName(config);
  const revocations = createRevocations();
  let connected: { readonly bus: Bus; readonly stop: () => Promise<void>; readonly ping: () => Promise<void> } | null =
    null;
  const stopping = new AbortController();
  const connect = async (): Promise<void> => {
    const nats = await connectNats({ url: config.NATS_URL, name: 'mesh-node', logger, signal: stopping.signal });
    if (stopping.signal.aborted) return nats.close();
    const bus = createBus({ module: 'mesh', instance, db, databaseUrl: config.DATABASE_URL, nats, logger, metrics });
    bus.tail([RoutesComputed], { from: 'new' }, ({ data }) =>
      parts.onRoutesComputed((data as EventData<typeof RoutesComputed>).meshId),
    );
    connected = {
      bus,
      ping: () => nats.flush(),
      stop: async () => {
        await bus.stop();
        await nats.close();
      },
    };
    await startWithRevocations(bus, revocations);
  };
  const connecting = connect().catch((error: unknown) => {
    if (!stopping.signal.aborted) logger.error({ err: error }, 'events cannot be published');
  });
  return {
    outbox: createOutbox({ schema: 'mesh', module: 'mesh', instance }),
    revocations,
    wakeRelay: () => connected?.bus.wakeRelay(),
    ping: async () => {
      if (connected === null) throw new Error('NATS has not answered yet');
      await connected.ping();
    },
    stop: async () => {
      stopping.abort();
      if (connected === null) return;
      await connecting;
      await connected.stop();
    },
  };
}
