import { hash, verify } from '@node-rs/argon2';
import { authErrors } from '@peermesh/errors';
import { normalizedPassword } from '../../domain/password-policy.ts';
import type { PasswordHasher } from '../../ports.ts';

/** argon2id with 19 MiB and two passes (OWASP's first choice). The package's `Algorithm` is an ambient const enum. */
const SETTINGS = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const CURRENT = '$argon2id$v=19$m=19456,t=2,p=1$';

/** Hashes in libuv's threads, few at a time, so that logins starve neither the event loop nor other work of those threads. */
export class Argon2PasswordHasher implements PasswordHasher {
  readonly #concurrency: number;
  readonly #queueMax: number;
  readonly #waiting: (() => void)[] = [];
  readonly #nobody: Promise<string>;
  #running = 0;

  constructor(options: { readonly concurrency: number; readonly queueMax: number }) {
    this.#concurrency = options.concurrency;
    this.#queueMax = options.queueMax;
    this.#nobody = hash(crypto.randomUUID(), SETTINGS);
  }

  get queueLength(): number {
    return this.#waiting.length;
  }

  async hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(normalizedPassword(password), SETTINGS));
  }

  async verify(stored: string | null, password: string): Promise<boolean> {
    const against = stored ?? (await this.#nobody);
    const matches = await this.#inTurn(() => verify(against, normalizedPassword(password)));
    return matches && stored !== null;
  }

  isOutdated(stored: string): boolean {
    return !stored.startsWith(CURRENT);
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#concurrency) {
      if (this.#waiting.length >= this.#queueMax) throw authErrors.busy({ retryAfterSeconds: 2 });
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
