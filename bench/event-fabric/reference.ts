import { AckPolicy, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { createInbox, headers } from '@nats-io/transport-node';
import { newEventId } from '@peermesh/contracts';
import { storeMeasured } from './effect.ts';
import { FILLER, type openEnvironment } from './environment.ts';

type Environment = Awaited<ReturnType<typeof openEnvironment>>;

const WINDOW = 1_000;
const BATCH = 500;

/**
 * The raw way: publish with an id and a window of acknowledgements, pull, parse, insert in batches of the same size as the
 * fabric's, acknowledge. No outbox, no inbox, no schema, no envelope: an event is lost when the publisher dies, and stored
 * twice when the consumer does.
 */
export async function runReference({ db, nats }: Environment, events: number): Promise<number> {
  const manager = await jetstreamManager(nats);
  await manager.streams.add({ name: 'RAW', subjects: ['raw.event'], max_bytes: 1_073_741_824 });
  await manager.consumers.add('RAW', { durable_name: 'raw', ack_policy: AckPolicy.Explicit, max_ack_pending: 5_000 });
  const startedAt = performance.now();
  await Promise.all([publish(nats, events), consume(db, nats, events)]);
  const seconds = (performance.now() - startedAt) / 1_000;
  await manager.streams.delete('RAW');
  return events / seconds;
}

function publish(nats: Environment['nats'], events: number): Promise<void> {
  const inbox = createInbox();
  let sent = 0;
  let acknowledged = 0;
  return new Promise((resolve) => {
    const send = (): void => {
      while (sent < events && sent - acknowledged < WINDOW) {
        const body = JSON.stringify({ n: sent, sentAt: Date.now(), filler: FILLER });
        const identified = headers();
        identified.set('Nats-Msg-Id', newEventId());
        nats.publish('raw.event', body, { reply: `${inbox}.${sent}`, headers: identified });
        sent += 1;
      }
    };
    const subscription = nats.subscribe(`${inbox}.*`, {
      callback: () => {
        acknowledged += 1;
        if (acknowledged === events) {
          subscription.unsubscribe();
          resolve();
        } else if (sent - acknowledged < WINDOW / 2) {
          send();
        }
      },
    });
    send();
  });
}

async function consume(db: Environment['db'], nats: Environment['nats'], events: number): Promise<void> {
  const consumer = await jetstream(nats).consumers.get('RAW', 'raw');
  const messages = await consumer.consume({ max_messages: 1_000 });
  let batch: JsMsg[] = [];
  let done = 0;
  const flush = async (): Promise<void> => {
    const full = batch;
    batch = [];
    await storeMeasured(
      db.pool,
      full.map((message) => ({ id: message.headers?.get('Nats-Msg-Id') ?? '', data: message.json() })),
    );
    for (const message of full) message.ack();
    done += full.length;
  };
  for await (const message of messages) {
    batch.push(message);
    if (batch.length === BATCH || done + batch.length === events) await flush();
    if (done === events) messages.stop();
  }
  await nats.flush();
}
