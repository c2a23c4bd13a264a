import type { RouteDefinition } from '@peermesh/contracts';
import { type ApiNode, authorization } from '../../support/api-node.ts';

/** What a request is made of, besides its route. */
export interface RestRequest {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Calls a route as an operator, unless the headers say otherwise. */
export async function rest(
  node: ApiNode,
  route: RouteDefinition,
  { params = {}, query = {}, body, headers }: RestRequest = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const path = route.path.replace(/:([a-z]+)/gi, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const response = await fetch(`${node.url}${path}?${new URLSearchParams(query)}`, {
    method: route.method,
    headers: {
      ...(headers ?? (await authorization())),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

/** Reads an event stream until the test is over; what has come so far. */
export async function follow(
  t: { after(work: () => void): void },
  url: string,
  headers: Record<string, string>,
): Promise<() => string> {
  const controller = new AbortController();
  t.after(() => controller.abort());
  const { body } = await fetch(url, { headers, signal: controller.signal });
  let text = '';
  const read = async (): Promise<void> => {
    for await (const chunk of body!) text += Buffer.from(chunk).toString();
  };
  void read().catch(() => undefined);
  return () => text;
}
