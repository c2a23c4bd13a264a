import type { CloudEvent, EventData, EventDefinition } from '@peermesh/contracts';
import { createTail, type Tail } from '@peermesh/messaging';
import { silentLogger } from '../silent-logger.ts';

/** What has been published, by kind. */
export class PublishedEvents {
  readonly #nats: Parameters<typeof createTail>[0]['nats'];
  readonly #seen = new Map<string, CloudEvent[]>();
  readonly #tails: Tail[] = [];

  constructor(nats: Parameters<typeof createTail>[0]['nats']) {
    this.#nats = nats;
  }

  /** Everything of one kind since the stream began, oldest first; the list grows. */
  of<E extends EventDefinition>(event: E): CloudEvent<EventData<E>>[] {
    let events = this.#seen.get(event.type);
    if (events === undefined) {
      const found: CloudEvent[] = [];
      events = found;
      this.#seen.set(event.type, found);
      const from = { sequence: 1 };
      this.#tails.push(
        createTail({ nats: this.#nats, events: [event], from, logger: silentLogger() }, (one) => void found.push(one)),
      );
    }
    return events as CloudEvent<EventData<E>>[];
  }

  async stop(): Promise<void> {
    await Promise.all(this.#tails.map((tail) => tail.stop()));
  }
}
