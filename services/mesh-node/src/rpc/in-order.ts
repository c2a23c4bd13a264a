/** How much of a stream is answered at a time. */
interface InFlightLimits {
  readonly requestsMax: number;
  readonly bytesMax: number;
}

/**
 * Answers the requests of a stream in their order, several at a time. Reading stops while as many are under way as the
 * limits allow or answers are not taken, so that the sender is held back by the flow control of its stream. An error of the
 * stream comes after the answers to what was read before.
 */
export async function* answersInOrder<Request, Answer>(
  requests: AsyncIterable<Request>,
  answer: (request: Request) => Promise<Answer>,
  bytesOf: (request: Request) => number,
  limits: InFlightLimits,
): AsyncGenerator<Answer, void, undefined> {
  const underWay: { readonly answer: Promise<Answer>; readonly bytes: number }[] = [];
  let bytes = 0;
  let changed = Promise.withResolvers<void>();
  let end: { readonly error: unknown } | null = null;
  let isAbandoned = false;
  const tell = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const isFull = (): boolean => underWay.length >= limits.requestsMax || bytes >= limits.bytesMax;
  const read = async (): Promise<void> => {
    for await (const request of requests) {
      if (isAbandoned) return;
      const size = bytesOf(request);
      bytes += size;
      underWay.push({ answer: answer(request), bytes: size });
      tell();
      while (isFull() && !isAbandoned) await changed.promise;
    }
  };
  read()
    .then(
      () => (end = { error: null }),
      (error: unknown) => (end = { error }),
    )
    .finally(tell);
  try {
    for (;;) {
      const next = underWay[0];
      if (next === undefined) {
        const over = end as { readonly error: unknown } | null;
        if (over !== null && over.error !== null) throw over.error;
        if (over !== null) return;
        await changed.promise;
        continue;
      }
      const answered = await next.answer;
      yield answered;
      underWay.shift();
      bytes -= next.bytes;
      tell();
    }
  } finally {
    isAbandoned = true;
    tell();
  }
}
