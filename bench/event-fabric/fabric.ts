import { type Bus, createBus } from '@peermesh/messaging';
import { storeMeasured } from './effect.ts';
import { FILLER, Measured, type openEnvironment } from './environment.ts';

type Environment = Awaited<ReturnType<typeof openEnvironment>>;

const PER_TRANSACTION = 100;
const WRITERS = 4;

/** The whole way: outbox in the transaction, relay, JetStream, inbox, effect, acknowledgement. */
export class Fabric {
  readonly #environment: Environment;
  readonly #bus: Bus;
  #effects = 0;
  #target = 0;
  #done: (() => void) | null = null;
  readonly latenciesMs: number[] = [];

  constructor(environment: Environment) {
    const { db, databaseUrl, nats, logger } = environment;
    this.#environment = environment;
    this.#bus = createBus({ module: 'search', instance: 'bench', db, databaseUrl, nats, logger });
    this.#bus.consumeBatch(Measured, { durable: 'bench-ledger', batchSize: 500 }, async (events, tx) => {
      await storeMeasured(tx.client, events);
      tx.afterCommit(() => {
        const now = Date.now();
        for (const event of events) this.latenciesMs.push(now - event.data.sentAt);
        this.#effects += events.length;
        if (this.#effects >= this.#target) this.#done?.();
      });
    });
  }

  async start(): Promise<void> {
    await this.#bus.start();
    await this.paced(200, 500);
  }

  stop(): Promise<void> {
    return this.#bus.stop();
  }

  /** As fast as it goes; events a second from the first transaction to the last effect. */
  async saturated(events: number): Promise<number> {
    const finished = this.#expect(events);
    const startedAt = performance.now();
    let next = 0;
    const writer = async (): Promise<void> => {
      while (next < events) {
        const from = next;
        next = Math.min(events, next + PER_TRANSACTION);
        await this.#publish(from, next - from);
      }
    };
    await Promise.all([...Array.from({ length: WRITERS }, writer), finished]);
    return events / ((performance.now() - startedAt) / 1_000);
  }

  /** At a fixed rate, one transaction each 10 ms; latency counts from the intended time of the transaction. */
  async paced(perSecond: number, events: number): Promise<void> {
    this.latenciesMs.length = 0;
    const finished = this.#expect(events);
    const perTick = Math.max(1, Math.round(perSecond / 100));
    const startedAt = Date.now();
    const pending: Promise<void>[] = [];
    for (let sent = 0; sent < events; sent += perTick) {
      const due = startedAt + (sent / perSecond) * 1_000;
      const waitMs = due - Date.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      pending.push(this.#publish(sent, Math.min(perTick, events - sent), due));
    }
    await Promise.all([...pending, finished]);
  }

  #publish(from: number, count: number, sentAt = Date.now()): Promise<void> {
    const items = Array.from({ length: count }, (_, index) => ({
      data: { n: from + index, sentAt, filler: FILLER },
      tenantId: 'default',
      partitionKey: `k${(from + index) % 64}`,
    }));
    return this.#environment.db.system(async (tx) => {
      await this.#bus.publishMany(tx, Measured, items);
    });
  }

  #expect(events: number): Promise<void> {
    this.#target = this.#effects + events;
    return new Promise((resolve) => {
      this.#done = resolve;
    });
  }
}
