import { createHash } from 'node:crypto';
import { authRoutes } from '@peermesh/contracts/auth';
import { commonErrors, gatewayErrors } from '@peermesh/errors';
import { LRUCache } from 'lru-cache';
import type { ApiKeyExchange } from '../proxy/identity.ts';
import type { Upstream } from '../proxy/upstream.ts';

const PATH = authRoutes.exchangeApiKey.path;
const GOOD_FOR_MS = 30_000;
const BAD_FOR_MS = 2_000;
const FORM = /^pm_[A-Za-z0-9_-]{17,197}$/;
const TIMEOUT_MS = 3_000;

/** Exchanges keys at the auth service. Tokens are kept for 30 s at most, refusals for 2 s, both by the key's hash. */
export class AuthApiKeys implements ApiKeyExchange {
  readonly #upstream: Upstream;
  readonly #good: LRUCache<string, string>;
  readonly #bad: LRUCache<string, true>;
  readonly #pending = new Map<string, Promise<string>>();

  constructor(upstream: Upstream, options: { readonly cacheMax?: number } = {}) {
    this.#upstream = upstream;
    this.#good = new LRUCache({ max: options.cacheMax ?? 10_000, ttl: GOOD_FOR_MS });
    this.#bad = new LRUCache({ max: options.cacheMax ?? 10_000, ttl: BAD_FOR_MS });
  }

  cached(key: string): string | null {
    return this.#good.get(hashOf(key)) ?? null;
  }

  exchange(key: string): Promise<string> {
    const hash = hashOf(key);
    if (!FORM.test(key) || this.#bad.has(hash)) return Promise.reject(badKey());
    const known = this.#pending.get(hash);
    if (known !== undefined) return known;
    const pending = this.#ask(key, hash).finally(() => this.#pending.delete(hash));
    this.#pending.set(hash, pending);
    return pending;
  }

  async #ask(key: string, hash: string): Promise<string> {
    const { status, body } = await this.#post(JSON.stringify({ apiKey: key }));
    if (status >= 400 && status < 500 && status !== 429) {
      this.#bad.set(hash, true);
      throw badKey();
    }
    const token = status === 200 || status === 201 ? tokenIn(body) : null;
    if (token === null)
      throw gatewayErrors.identityUnavailable({ internal: `auth answered ${status}`, retryAfterSeconds: 1 });
    const authorization = `Bearer ${token}`;
    this.#good.set(hash, authorization);
    return authorization;
  }

  async #post(body: string): Promise<{ status: number; body: string }> {
    const nowMs = performance.now();
    const target = this.#upstream.pick(nowMs, []);
    try {
      const answer = await target.pool.request({
        path: PATH,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await answer.body.text();
      target.answered(performance.now() - nowMs, performance.now(), answer.statusCode >= 502);
      return { status: answer.statusCode, body: text };
    } catch (cause) {
      this.#upstream.failed(target, nowMs);
      throw gatewayErrors.identityUnavailable({ cause, retryAfterSeconds: 1 });
    }
  }
}

function tokenIn(body: string): string | null {
  try {
    const parsed = JSON.parse(body) as { readonly accessToken?: unknown };
    return typeof parsed.accessToken === 'string' ? parsed.accessToken : null;
  } catch {
    return null;
  }
}

function badKey(): Error {
  return commonErrors.unauthenticated({ detail: 'The API key is not valid.' });
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('base64');
}
