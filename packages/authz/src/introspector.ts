import { LRUCache } from 'lru-cache';

/**
 * Asks the auth service whether a token is good (`POST /api/v1/auth/introspect`). Answers are kept for 5 s and calls for the
 * same token are made once. Rejects when there is no answer within 2 s.
 */
export function createIntrospector(options: {
  /** `https://auth/api/v1/auth/introspect`. */
  readonly url: URL;
  readonly fetch?: typeof fetch;
}): (token: string) => Promise<boolean> {
  const call = options.fetch ?? fetch;
  const answers = new LRUCache<string, Promise<boolean>>({ max: 5_000, ttl: 5_000 });

  const ask = async (token: string): Promise<boolean> => {
    const response = await call(options.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
      signal: AbortSignal.timeout(2_000),
    });
    if (!response.ok) throw new Error(`introspection was answered with ${response.status}`);
    const body = (await response.json()) as { active?: unknown };
    return body.active === true;
  };
  return (token) => {
    const known = answers.get(token);
    if (known !== undefined) return known;
    const answer = ask(token);
    answers.set(token, answer);
    answer.catch(() => answers.delete(token));
    return answer;
  };
}
