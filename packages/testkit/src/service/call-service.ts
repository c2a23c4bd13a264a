import type { FastifyInstance } from 'fastify';
import { issueTestToken, type TestClaims } from '../test-tokens.ts';

/** A request to a service. */
export interface CallOptions {
  readonly body?: unknown;
  /** Of the token that is made for it. */
  readonly claims?: TestClaims;
  /** Another token; null for none. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Its answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are looked into field by field
  readonly body: any;
}

/** Asks a service without a socket. */
export type CallService = (method: string, path: string, options?: CallOptions) => Promise<Answer>;

/** @param caller claims of every token, unless a call says otherwise */
export function callService(app: Pick<FastifyInstance, 'inject'>, caller: TestClaims = {}): CallService {
  return async (method, path, { body, claims, token, headers } = {}) => {
    const bearer = token === undefined ? await issueTestToken({ ...caller, ...claims }) : token;
    const answer = await app.inject({
      method: method as 'GET',
      url: path,
      headers: { ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }), ...headers },
      ...(body === undefined ? {} : { payload: body as object }),
    });
    const isJson = String(answer.headers['content-type'] ?? '').includes('json');
    return { status: answer.statusCode, headers: answer.headers, body: isJson ? answer.json() : answer.body };
  };
}
