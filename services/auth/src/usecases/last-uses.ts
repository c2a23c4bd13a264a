import type { Database } from '@peermesh/database';
import type { Logger } from '@peermesh/telemetry';
import type { AuthSchema } from '../adapters/pg/schema.ts';
import type { Clock } from '../ports.ts';

/** When each API key was last used; written together, every few seconds. */
export class LastUses {
  readonly #db: Database<AuthSchema>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #uses = new Map<string, Date>();

  constructor(options: { readonly db: Database<AuthSchema>; readonly clock: Clock; readonly logger: Logger }) {
    this.#db = options.db;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  note(apiKeyId: string): void {
    this.#uses.set(apiKeyId, this.#clock());
  }

  /** Writes what was noted. A loss of the database loses these instants, nothing else. */
  async flush(): Promise<void> {
    if (this.#uses.size === 0) return;
    const uses = this.#uses;
    this.#uses = new Map();
    try {
      await this.#db.system((tx) =>
        tx.client.query(
          `UPDATE auth_api_keys SET last_used_at = greatest(last_used_at, use.at)
             FROM unnest($1::text[], $2::timestamptz[]) AS use (id, at) WHERE auth_api_keys.id = use.id`,
          [[...uses.keys()], [...uses.values()]],
        ),
      );
    } catch (error) {
      this.#logger.warn({ err: error, keys: uses.size }, 'last uses of API keys were not written');
    }
  }
}
