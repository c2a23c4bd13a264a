/** Something that commits: it answers every number once its payload is durable on a majority. */
export interface Target {
  send(number: number, payload: Uint8Array): void;
  onAnswer(handler: (number: number) => void): void;
}

export interface Measured {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const PAYLOAD = Buffer.alloc(256, 'x');

/** As many as get through for a time, with a fixed number of them under way. */
export function saturate(target: Target, seconds: number, window: number): Promise<Measured> {
  const sentAt = new Map<number, number>();
  const latencies: number[] = [];
  const startedAt = performance.now();
  let next = 1;
  const send = (): void => {
    sentAt.set(next, performance.now());
    target.send(next, PAYLOAD);
    next += 1;
  };
  return new Promise((resolve) => {
    target.onAnswer((number) => {
      const now = performance.now();
      latencies.push(now - (sentAt.get(number) ?? now));
      sentAt.delete(number);
      const elapsed = (now - startedAt) / 1_000;
      if (elapsed < seconds) send();
      else if (sentAt.size === 0) resolve(measured(latencies, elapsed));
    });
    for (let at = 0; at < window; at += 1) send();
  });
}

/** So many a second whether answers come or not; a latency counts from the moment at which its turn was. */
export function pace(target: Target, perSecond: number, seconds: number): Promise<Measured> {
  const total = perSecond * seconds;
  const latencies: number[] = [];
  const startedAt = performance.now();
  const dueAt = (number: number): number => startedAt + (number * 1_000) / perSecond;
  let next = 1;
  const sendDue = (): void => {
    for (const now = performance.now(); next <= total && dueAt(next) <= now; next += 1) target.send(next, PAYLOAD);
    if (next > total) clearInterval(timer);
  };
  const timer = setInterval(sendDue, 1);
  return new Promise((resolve) => {
    target.onAnswer((number) => {
      const now = performance.now();
      latencies.push(now - dueAt(number));
      if (latencies.length === total) resolve(measured(latencies, (now - startedAt) / 1_000));
    });
  });
}

function measured(latencies: readonly number[], seconds: number): Measured {
  const sorted = latencies.toSorted((one, other) => one - other);
  const at = (quantile: number): number => sorted[Math.floor(sorted.length * quantile)] ?? 0;
  return { perSecond: latencies.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}
