import { jetstream } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { type EventData, type EventDefinition, newEventId } from '@peermesh/contracts';
import { connectNats } from '@peermesh/messaging';
import { applyStreams } from '@peermesh/messaging/streams';
import { silentLogger, startTestNats, waitFor } from '@peermesh/testkit';

/** Stands where the other services would: puts events into their streams. */
export interface EventPublisher {
  readonly natsUrl: string;
  /** Returns the event's id once the stream has stored it. */
  publish<E extends EventDefinition>(event: E, data: EventData<E>, tenantId?: string): Promise<string>;
  restartNats(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts NATS with every stream. */
export async function startPublisher(): Promise<EventPublisher> {
  const server = await startTestNats();
  const nats = await connectNats({ url: server.url, name: 'publisher', logger: silentLogger() });
  await applyStreams(nats);
  const client = jetstream(nats);
  return {
    natsUrl: server.url,
    async publish(event, data, tenantId = 'default') {
      const id = newEventId();
      const envelope = headers();
      const attributes = {
        'ce-specversion': '1.0',
        'ce-id': id,
        'ce-source': '/peermesh/test/1',
        'ce-type': event.type,
        'ce-time': new Date().toISOString(),
        'ce-tenantid': tenantId,
        'content-type': 'application/json',
        'Nats-Msg-Id': id,
      };
      for (const [name, value] of Object.entries(attributes)) envelope.set(name, value);
      await client.publish(event.subject, JSON.stringify(data), { headers: envelope });
      return id;
    },
    restartNats: async () => {
      await server.restart();
      await waitFor(() => nats.rtt(), { timeoutMs: 15_000 });
    },
    stop: async () => {
      await nats.close();
      await server.stop();
    },
  };
}
