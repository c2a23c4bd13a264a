import type { Database } from '@peermesh/database';
import { DURATION_BUCKETS_SECONDS, type Logger, type MetricsRegistry } from '@peermesh/telemetry';
import { type Claim, type ClaimOptions, claimDeliveries } from '../adapters/pg/delivery-queue.ts';
import type { ClaimedDelivery } from '../domain/delivery.ts';
import type { AttemptOutcome, ChannelSender, Clock } from '../ports.ts';
import { decideSending } from '../usecases/send-decision.ts';
import { type SettleDependencies, type Settled, settleAttempts } from '../usecases/settle-attempts.ts';
import { EndpointLanes } from './endpoint-lanes.ts';

/** What the worker needs. */
export interface DeliveryWorkerOptions {
  readonly db: Database<unknown>;
  readonly settle: SettleDependencies;
  readonly senders: Readonly<Record<ClaimedDelivery['channel'], ChannelSender | null>>;
  readonly claim: Omit<ClaimOptions, 'limit' | 'endpointMax'>;
  /** Attempts at once to one endpoint. */
  readonly endpointConcurrency: number;
  /** Time for one attempt. */
  readonly timeoutMs: number;
  /** Attempts at once in this process. */
  readonly concurrency: number;
  readonly pollMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
}

const CLAIM_MAX = 200;
/** Claims that may wait for their turn, for each that may run: so that fast endpoints do not wait for the database. */
const AHEAD = 8;
const SETTLE_MAX = 200;
const RETRY_MS = 500;

/**
 * Claims due deliveries, sends them, and settles results in batches. Nothing is kept here that a crash would lose: a claim
 * is a lease, and what was not settled is claimed again when it ends.
 */
export class DeliveryWorker {
  readonly #options: DeliveryWorkerOptions;
  readonly #lanes: EndpointLanes<Claim & { readonly claimedAt: number }>;
  readonly #results: Settled[] = [];
  readonly #attempts;
  readonly #duration;
  #underWay = 0;
  #stopping = false;
  #wake: (() => void) | null = null;
  #woken = false;
  #settling: Promise<void> | null = null;
  #running: Promise<void> | null = null;

  constructor(options: DeliveryWorkerOptions) {
    this.#options = options;
    this.#lanes = new EndpointLanes({ perLane: options.endpointConcurrency, total: options.concurrency });
    this.#attempts = options.metrics.counter({
      name: 'publisher_attempts_total',
      help: 'Attempts to deliver.',
      labels: ['channel', 'outcome'],
    });
    this.#duration = options.metrics.histogram({
      name: 'publisher_attempt_duration_seconds',
      help: 'Time of one attempt.',
      labels: ['channel'],
      buckets: DURATION_BUCKETS_SECONDS,
    });
    options.metrics.gauge({
      name: 'publisher_attempts_under_way',
      help: 'Attempts that run right now.',
      collect: (gauge) => gauge.set(this.#underWay),
    });
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** There may be something due. */
  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  /** Claims nothing more, gives back what has not started, and waits until the rest is settled. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.wake();
    await this.#running;
    this.#giveBack(this.#lanes.drain());
    while (this.#underWay > 0 || this.#settling !== null) {
      await (this.#settling ?? new Promise((resolve) => setTimeout(resolve, 10)));
    }
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      this.#woken = false;
      const claims = await this.#claim();
      const claimedAt = Date.now();
      this.#underWay += claims.length;
      for (const claim of claims) this.#lanes.add(claim.delivery.endpoint.id, { ...claim, claimedAt });
      this.#startReady();
      if (!this.#woken && claims.length === 0) await this.#rest(this.#options.pollMs);
    }
  }

  async #claim(): Promise<Claim[]> {
    const { db, claim, concurrency, endpointConcurrency, logger } = this.#options;
    const limit = Math.min(CLAIM_MAX, concurrency * AHEAD - this.#underWay);
    if (limit <= 0) return [];
    try {
      return await db.system((tx) =>
        claimDeliveries(tx, { ...claim, endpointMax: endpointConcurrency * AHEAD, limit }),
      );
    } catch (error) {
      logger.warn({ err: error }, 'deliveries cannot be claimed now');
      await this.#rest(RETRY_MS);
      return [];
    }
  }

  #startReady(): void {
    for (const claim of this.#lanes.takeReady()) void this.#attempt(claim);
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      this.#wake = done;
      const finish = (): void => {
        this.#wake = null;
        resolve();
      };
      function done(): void {
        clearTimeout(timer);
        finish();
      }
      if (this.#stopping) done();
    });
  }

  async #attempt(claim: Claim & { readonly claimedAt: number }): Promise<void> {
    const { delivery, preferences } = claim;
    const startedAt = this.#options.clock();
    const leaseLeftMs = claim.claimedAt + this.#options.claim.leaseMs - Date.now();
    const decision = decideSending(delivery, preferences, startedAt);
    if (leaseLeftMs < this.#options.timeoutMs) this.#giveBack([claim]);
    else if (decision.kind === 'send') {
      const began = performance.now();
      const outcome = await this.#send(delivery);
      const latencyMs = performance.now() - began;
      this.#attempts.inc({ channel: delivery.channel, outcome: outcome.kind });
      this.#duration.observe({ channel: delivery.channel }, latencyMs / 1000);
      this.#finish({ delivery, outcome, startedAt, latencyMs });
      // What an endpoint in trouble gets next is for its breaker to say.
      if (outcome.kind !== 'delivered') this.#giveBack(this.#lanes.drain(delivery.endpoint.id));
    } else {
      this.#attempts.inc({ channel: delivery.channel, outcome: decision.kind });
      this.#finish({ delivery, decision });
    }
    this.#lanes.done(delivery.endpoint.id);
    this.#startReady();
  }

  async #send(delivery: ClaimedDelivery): Promise<AttemptOutcome> {
    const failed = { kind: 'retry', httpStatus: null, response: null, retryAfterMs: null } as const;
    const sender = this.#options.senders[delivery.channel];
    if (sender === null) return { ...failed, detail: 'channel_off' };
    return sender.send(delivery).catch((error: unknown) => {
      this.#options.logger.error({ err: error, deliveryId: delivery.id }, 'sender failed');
      return { ...failed, detail: 'internal' };
    });
  }

  #giveBack(claims: readonly Claim[]): void {
    const until = this.#options.clock();
    for (const { delivery } of claims) this.#finish({ delivery, decision: { kind: 'return', until } });
  }

  #finish(settled: Settled): void {
    this.#results.push(settled);
    this.#settling ??= this.#settleAll();
  }

  async #settleAll(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#results.length > 0) {
      const batch = this.#results.splice(0, SETTLE_MAX);
      await this.#settle(batch);
      this.#underWay -= batch.length;
      this.wake();
    }
    this.#settling = null;
  }

  /** Tries until it works or the leases have ended; then the deliveries belong to whoever claims them next. */
  async #settle(batch: readonly Settled[]): Promise<void> {
    const deadline = Date.now() + this.#options.claim.leaseMs;
    for (;;) {
      try {
        return await settleAttempts(this.#options.settle, batch);
      } catch (error) {
        this.#options.logger.warn({ err: error, deliveries: batch.length }, 'results cannot be stored now');
        if (Date.now() > deadline) return;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}
