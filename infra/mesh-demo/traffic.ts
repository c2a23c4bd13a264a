import type { DemoNode } from './demo-node.ts';
import type { Operator } from './operator.ts';

const TOPIC = 'demo';
const EVERY_MS = 10;
const SEQUENCE_DIGITS = 12;
const WARM_UP = Buffer.from('warm-up').toString('base64');
const WARM_UP_MS = 20_000;
const WARM_UP_EVERY_MS = 100;

/** What arrived in a stretch of time. */
export interface TrafficWindow {
  readonly messages: number;
  /** Half of the messages took less, ms; null without any. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** The longest time without a message, ms. */
  readonly gapMs: number;
}

/** What became of all messages. */
export interface TrafficTotals {
  readonly sent: number;
  readonly arrived: number;
  readonly lost: number;
  readonly repeated: number;
  readonly disordered: number;
}

/** Reliable messages from one node to a subscriber of another, one each ten milliseconds, timed by one clock. */
export class Traffic {
  readonly #arrivals: { readonly atMs: number; readonly tookMs: number }[] = [];
  readonly #sentAtMs: number[] = [];
  readonly #seen = new Set<number>();
  readonly #stopped = new AbortController();
  #repeated = 0;
  #disordered = 0;
  #highest = -1;
  #isWarm = false;
  #sending: Promise<void> = Promise.resolve();

  /** Subscribes at `to` and begins to publish at `from`. */
  async start(from: DemoNode, to: DemoNode, operator: Operator): Promise<void> {
    const url = `${to.url}/api/v1/mesh/topics/${TOPIC}/stream?from=earliest`;
    const headers = { authorization: `Bearer ${await operator.token()}`, accept: 'text/event-stream' };
    const answer = await fetch(url, { headers, signal: this.#stopped.signal });
    if (!answer.ok || answer.body === null) throw new Error(`cannot subscribe: ${answer.status}`);
    void this.#receive(answer.body).catch(() => undefined);
    await this.#warmUp(from);
    this.#sending = this.#send(from);
  }

  /** What arrived since a moment of `performance.now()`. */
  since(atMs: number): TrafficWindow {
    const recent = this.#arrivals.filter((arrival) => arrival.atMs >= atMs);
    const took = recent.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
    let gapMs = 0;
    let last = this.#arrivals.findLast((arrival) => arrival.atMs < atMs)?.atMs ?? atMs;
    for (const arrival of recent) {
      gapMs = Math.max(gapMs, arrival.atMs - last);
      last = arrival.atMs;
    }
    gapMs = Math.max(gapMs, performance.now() - last);
    return { messages: recent.length, p50Ms: at(took, 0.5), p99Ms: at(took, 0.99), gapMs };
  }

  /** Stops sending and waits for what is under way, as long as something still arrives. */
  async finish(quietMs: number): Promise<TrafficTotals> {
    const sending = this.#sending;
    this.#isSending = false;
    await sending;
    for (let before = -1; before !== this.#seen.size && this.#seen.size < this.#sentAtMs.length; ) {
      before = this.#seen.size;
      await pause(quietMs);
    }
    this.#stopped.abort();
    const [sent, arrived] = [this.#sentAtMs.length, this.#seen.size];
    return { sent, arrived, lost: sent - arrived, repeated: this.#repeated, disordered: this.#disordered };
  }

  #isSending = true;

  /** What is published before the other side's wish has come here is for this side alone: wait until the first one arrives. */
  async #warmUp(from: DemoNode): Promise<void> {
    for (const deadline = performance.now() + WARM_UP_MS; !this.#isWarm && performance.now() < deadline; ) {
      await from.client.publish({ params: { topic: TOPIC }, body: { messages: [{ payload: WARM_UP }] } });
      await pause(WARM_UP_EVERY_MS);
    }
    if (!this.#isWarm) throw new Error('no message arrives');
  }

  async #send(from: DemoNode): Promise<void> {
    while (this.#isSending) {
      const sequence = this.#sentAtMs.length;
      this.#sentAtMs.push(performance.now());
      const payload = Buffer.from(String(sequence).padStart(SEQUENCE_DIGITS, '0')).toString('base64');
      await from.client.publish({ params: { topic: TOPIC }, body: { messages: [{ payload }] } });
      await pause(EVERY_MS);
    }
  }

  async #receive(body: ReadableStream<Uint8Array>): Promise<void> {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true });
      for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
        const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
        text = text.slice(end + 2);
        if (data !== undefined) this.#arrived(JSON.parse(data) as { payload: string });
      }
    }
  }

  #arrived({ payload }: { readonly payload: string }): void {
    if (payload === WARM_UP) {
      this.#isWarm = true;
      return;
    }
    const sequence = Number(Buffer.from(payload, 'base64').toString());
    const atMs = performance.now();
    if (this.#seen.has(sequence)) this.#repeated += 1;
    this.#seen.add(sequence);
    if (sequence < this.#highest) this.#disordered += 1;
    this.#highest = Math.max(this.#highest, sequence);
    this.#arrivals.push({ atMs, tookMs: atMs - (this.#sentAtMs[sequence] ?? atMs) });
  }
}

function at(sorted: readonly number[], share: number): number | null {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
