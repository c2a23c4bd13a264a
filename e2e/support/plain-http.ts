/** An answer, read whole. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A request without any of a typed client's care. */
export interface PlainRequest {
  readonly method?: string;
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is; objects are sent as JSON. */
  readonly body?: unknown;
  readonly timeoutMs?: number;
}

/** Sends a request and reads the answer. Rejects when there is none in time. */
export async function plainRequest(url: string, request: PlainRequest = {}): Promise<PlainAnswer> {
  const { body, token } = request;
  const isRaw = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(url, {
    method: request.method ?? 'GET',
    redirect: 'manual',
    signal: AbortSignal.timeout(request.timeoutMs ?? 15_000),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined || token === null ? {} : { authorization: `Bearer ${token}` }),
      ...request.headers,
    },
    ...(body === undefined ? {} : { body: isRaw ? (body as NonNullable<RequestInit['body']>) : JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}
