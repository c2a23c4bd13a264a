import type { MeshProcess } from './mesh-process.ts';
import type { Operator } from './operator.ts';
import { readEvents } from './read-events.ts';

const SEQUENCE_DIGITS = 12;
const WARM_UP_MS = 20_000;
const WARM_UP_EVERY_MS = 100;
const RETRY_MS = 100;

/** What arrived in a stretch of time. */
export interface StreamWindow {
  readonly messages: number;
  /** Half of the messages took less, ms; null without any. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** The longest time without a message, ms. */
  readonly gapMs: number;
}

/** What became of all messages. */
export interface StreamTotals {
  /** The node acknowledged them: they are durable there. */
  readonly accepted: number;
  /** The node died before it answered: they may arrive, once. */
  readonly unanswered: number;
  readonly arrived: number;
  /** Accepted and not arrived. */
  readonly lost: number;
  readonly repeated: number;
  readonly disordered: number;
}

interface Sent {
  readonly atMs: number;
  isAccepted: boolean;
}

/** Reliable messages from one node to a subscriber of another, one by one and numbered, timed by one clock. */
export class MessageStream {
  readonly #arrivals: { readonly atMs: number; readonly tookMs: number }[] = [];
  readonly #sent: Sent[] = [];
  readonly #arrivedAtMs = new Map<number, number>();
  readonly #stopped = new AbortController();
  readonly #topic: string;
  readonly #everyMs: number;
  readonly #payloadBytes: number;
  #repeated = 0;
  #disordered = 0;
  #highest = -1;
  #isWarm = false;
  #isSending = true;
  #sending: Promise<void> = Promise.resolve();

  constructor(options: { readonly topic: string; readonly everyMs: number; readonly payloadBytes?: number }) {
    this.#topic = options.topic;
    this.#everyMs = options.everyMs;
    this.#payloadBytes = options.payloadBytes ?? SEQUENCE_DIGITS;
  }

  /** Subscribes at `to` and begins to publish at `from`. */
  async start(from: MeshProcess, to: MeshProcess, operator: Operator): Promise<void> {
    void this.#receive(to, operator);
    await this.#warmUp(from);
    this.#sending = this.#send(from);
  }

  /** What arrived since a moment of `performance.now()`. */
  since(atMs: number): StreamWindow {
    const recent = this.#arrivals.slice(this.#arrivals.findLastIndex((arrival) => arrival.atMs < atMs) + 1);
    const took = recent.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
    let gapMs = 0;
    let last = this.#arrivals[this.#arrivals.length - recent.length - 1]?.atMs ?? atMs;
    for (const arrival of recent) {
      gapMs = Math.max(gapMs, arrival.atMs - last);
      last = arrival.atMs;
    }
    gapMs = Math.max(gapMs, performance.now() - last);
    return { messages: recent.length, p50Ms: at(took, 0.5), p99Ms: at(took, 0.99), gapMs };
  }

  /** The times longer than this without a message that ended after a moment, or have not ended: begin and end. */
  silencesSince(atMs: number, longerThanMs: number): (readonly [fromMs: number, toMs: number])[] {
    const first = this.#arrivals.findLastIndex((arrival) => arrival.atMs < atMs);
    const times = [...this.#arrivals.slice(Math.max(0, first)).map((arrival) => arrival.atMs), performance.now()];
    return times
      .map((toMs, index) => [times[index - 1] ?? toMs, toMs] as const)
      .filter(([fromMs, toMs]) => toMs - fromMs > longerThanMs);
  }

  /** When the first message arrived that was published after this moment; null while none has. */
  firstSentAfter(atMs: number): number | null {
    const first = this.#sent.findIndex((sent) => sent.atMs >= atMs);
    if (first === -1) return null;
    for (let sequence = first; sequence < this.#sent.length; sequence += 1) {
      const arrivedAtMs = this.#arrivedAtMs.get(sequence);
      if (arrivedAtMs !== undefined) return arrivedAtMs;
    }
    return null;
  }

  /** Messages that were accepted, published before this moment, and have not arrived. */
  missing(sentBeforeMs: number): number {
    return this.#sent.filter(
      ({ isAccepted, atMs }, sequence) => isAccepted && atMs < sentBeforeMs && !this.#arrivedAtMs.has(sequence),
    ).length;
  }

  get arrived(): number {
    return this.#arrivedAtMs.size;
  }

  /** Messages that the sending node has acknowledged. */
  get accepted(): number {
    return this.#sent.filter(({ isAccepted }) => isAccepted).length;
  }

  /** Stops sending and waits for what is under way, as long as something still arrives. */
  async finish(quietMs: number): Promise<StreamTotals> {
    this.#isSending = false;
    await this.#sending;
    for (let before = -1; before !== this.arrived && this.totals().lost > 0; ) {
      before = this.arrived;
      await pause(quietMs);
    }
    this.stop();
    return this.totals();
  }

  /** Stops sending and receiving at once. */
  stop(): void {
    this.#isSending = false;
    this.#stopped.abort();
  }

  totals(): StreamTotals {
    const { accepted } = this;
    const lost = this.missing(Number.POSITIVE_INFINITY);
    return {
      accepted,
      unanswered: this.#sent.length - accepted,
      arrived: this.arrived,
      lost,
      repeated: this.#repeated,
      disordered: this.#disordered,
    };
  }

  /** What is published before the other side's wish has come here is for this side alone: wait until the first one arrives. */
  async #warmUp(from: MeshProcess): Promise<void> {
    for (const deadline = performance.now() + WARM_UP_MS; !this.#isWarm && performance.now() < deadline; ) {
      await this.#publish(from, 'warm-up').catch(() => undefined);
      await pause(WARM_UP_EVERY_MS);
    }
    if (!this.#isWarm) throw new Error('no message arrives');
  }

  async #send(from: MeshProcess): Promise<void> {
    while (this.#isSending) {
      const sent: Sent = { atMs: performance.now(), isAccepted: false };
      const sequence = this.#sent.push(sent) - 1;
      try {
        await this.#publish(from, String(sequence).padStart(SEQUENCE_DIGITS, '0'));
        sent.isAccepted = true;
        await pause(Math.max(0, sent.atMs + this.#everyMs - performance.now()));
      } catch {
        await pause(RETRY_MS);
      }
    }
  }

  async #publish(from: MeshProcess, text: string): Promise<void> {
    const payload = Buffer.from(text.padEnd(this.#payloadBytes)).toString('base64');
    await from.client.publish({ params: { topic: this.#topic }, body: { messages: [{ payload }] } });
  }

  /** A node that dies takes its stream with it: go on behind the last event when it is there again. */
  async #receive(to: MeshProcess, operator: Operator): Promise<void> {
    const { signal } = this.#stopped;
    const url = `${to.url}/api/v1/mesh/topics/${this.#topic}/stream?from=earliest`;
    let lastId = '';
    while (!signal.aborted) {
      try {
        const headers = {
          authorization: `Bearer ${await operator.token()}`,
          accept: 'text/event-stream',
          ...(lastId === '' ? {} : { 'last-event-id': lastId }),
        };
        const answer = await fetch(url, { headers, signal });
        if (!answer.ok || answer.body === null) throw new Error(`cannot subscribe: ${answer.status}`);
        for await (const { id, data } of readEvents(answer.body)) {
          lastId = id;
          this.#arrived(JSON.parse(data) as { payload: string });
        }
      } catch {
        if (!signal.aborted) await pause(RETRY_MS);
      }
    }
  }

  #arrived({ payload }: { readonly payload: string }): void {
    const sequence = Number(Buffer.from(payload, 'base64').toString());
    if (Number.isNaN(sequence)) {
      this.#isWarm = true;
      return;
    }
    const atMs = performance.now();
    if (this.#arrivedAtMs.has(sequence)) {
      this.#repeated += 1;
      return;
    }
    this.#arrivedAtMs.set(sequence, atMs);
    if (sequence < this.#highest) this.#disordered += 1;
    this.#highest = Math.max(this.#highest, sequence);
    this.#arrivals.push({ atMs, tookMs: atMs - (this.#sent[sequence]?.atMs ?? atMs) });
  }
}

function at(sorted: readonly number[], share: number): number | null {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
