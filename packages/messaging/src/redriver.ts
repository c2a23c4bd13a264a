import type { Database } from '@peermesh/database';
import type { Logger } from '@peermesh/telemetry';
import { DEAD_LETTER_ID, tableOf } from './dead-letter-store.ts';
import { type EventHeaders, headerBlock } from './envelope.ts';
import { insertOutbox } from './outbox.ts';
import { Rest } from './rest.ts';

const POLL_MS = 2_000;
const BATCH = 200;

interface DueLetter {
  readonly id: string;
  readonly tenant_id: string;
  readonly consumer: string;
  readonly event_id: string | null;
  readonly headers: EventHeaders;
  readonly body: Buffer;
  readonly attempts: number;
  readonly redrives: number;
}

/** The subject on which dead letters of one consumer come back to it alone. */
export function redriveSubjectOf(consumer: string): string {
  return `redrive.${consumer}`;
}

/** Sends scheduled dead letters back to their consumer when their time has come. Every replica may run one. */
export class Redriver {
  // biome-ignore lint/suspicious/noExplicitAny: dead letters exist in every schema
  readonly #db: Database<any>;
  readonly #module: string;
  readonly #logger: Logger;
  readonly #wakeRelay: () => void;
  readonly #rest = new Rest();
  #running: Promise<void> | null = null;

  constructor(options: {
    // biome-ignore lint/suspicious/noExplicitAny: dead letters exist in every schema
    readonly db: Database<any>;
    readonly module: string;
    readonly logger: Logger;
    readonly wakeRelay: () => void;
  }) {
    this.#db = options.db;
    this.#module = options.module;
    this.#logger = options.logger;
    this.#wakeRelay = options.wakeRelay;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Dead letters were scheduled. */
  wake(): void {
    this.#rest.wake();
  }

  async stop(): Promise<void> {
    this.#rest.end();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#rest.isEnded) {
      this.#rest.settle();
      let waitMs = POLL_MS;
      try {
        waitMs = await this.#sendDue();
      } catch (error) {
        this.#logger.warn({ err: error }, 'scheduled dead letters could not be sent; tried again');
      }
      await this.#rest.pause(waitMs);
    }
  }

  /** Sends what is due. @returns how long until the next one may be due */
  async #sendDue(): Promise<number> {
    const letters = tableOf(this.#db.schema, this.#module, 'dead_letters');
    const outbox = tableOf(this.#db.schema, this.#module, 'outbox');
    const inbox = tableOf(this.#db.schema, this.#module, 'inbox');
    return this.#db.system(async (tx) => {
      const { rows } = await tx.client.query<DueLetter>(
        `UPDATE ${letters} SET state = 'redriven', redrives = redrives + 1, redrive_at = NULL
          WHERE id IN (SELECT id FROM ${letters} WHERE state = 'scheduled' AND redrive_at <= clock_timestamp()
                        ORDER BY redrive_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)
          RETURNING id, tenant_id, consumer, event_id, headers, body, attempts, redrives`,
      );
      if (rows.length > 0) {
        await tx.client.query(
          `DELETE FROM ${inbox} USING unnest($1::text[], $2::uuid[]) AS redriven(consumer, message_id)
            WHERE ${inbox}.consumer = redriven.consumer AND ${inbox}.message_id = redriven.message_id AND status = 'dead'`,
          [rows.map((row) => row.consumer), rows.map((row) => row.event_id)],
        );
        for (const row of rows) {
          const message = {
            headers: headerBlock(headersOf(row)),
            body: row.body,
          };
          await insertOutbox(tx, outbox, redriveSubjectOf(row.consumer), 'REDRIVE', [message]);
        }
        tx.afterCommit(this.#wakeRelay);
      }
      if (rows.length === BATCH) return 0;
      const next = await tx.client.query<{ wait: number | null }>(
        `SELECT extract(epoch FROM min(redrive_at) - clock_timestamp())::float8 * 1000 AS wait FROM ${letters} WHERE state = 'scheduled'`,
      );
      return Math.min(POLL_MS, Math.max(10, next.rows[0]?.wait ?? POLL_MS));
    });
  }
}

/** The original headers, so that the event keeps its id, with one attempt more. */
function headersOf(letter: DueLetter): EventHeaders {
  return {
    ...letter.headers,
    'Nats-Msg-Id': `${letter.id}.${letter.redrives}`,
    'ce-attempt': String(letter.attempts + 1),
    [DEAD_LETTER_ID]: letter.id,
  };
}
