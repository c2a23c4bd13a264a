import { isPeerMeshError } from '@peermesh/errors';
import type { Worker } from '@peermesh/service-kit';
import type { Logger } from '@peermesh/telemetry';
import { offerOf } from './offer-of.ts';
import type { MemberIdentity, RouteTaker } from './route-taker.ts';
import type { RouterClient } from './router-client.ts';

/** What came of a question to the router; `refused` by this node, `failed` without an answer that could be used. */
export type RouterOutcome = 'taken' | 'confirmed' | 'refused' | 'failed';

export interface RouteFollowerOptions {
  readonly taker: RouteTaker;
  readonly client: RouterClient;
  /** Routes that are not confirmed for so long are given up, ms: they are asked for three times in that. */
  readonly freshMs: number;
  readonly logger: Logger;
  readonly onOutcome: (outcome: RouterOutcome, reason: string) => void;
}

const BACKOFF_MS = 1_000;
const BACKOFF_MS_MAX = 30_000;
/** Nodes that hear of the same event ask at different times within this. */
const SPREAD_MS = 100;
const GAP_MS = 200;

/**
 * Keeps this node in the routes of the router: asks when the router has new ones, and often enough that those in use do not
 * go stale. One question at a time; while there is no answer it asks less and less often, and the node uses its own routes.
 */
export class RouteFollower implements Worker {
  readonly #options: RouteFollowerOptions;
  readonly #ended = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #isWoken = false;
  #failures = 0;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #wasInUse = false;

  constructor(options: RouteFollowerOptions) {
    this.#options = options;
    this.#arm(0);
  }

  /** The router has routes of a newer topology of this mesh. */
  wake(meshId: string): void {
    if (this.#options.taker.self()?.meshId !== meshId) return;
    this.#failures = 0;
    if (this.#running !== null) this.#isWoken = true;
    else this.#arm(this.#soonMs());
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#running;
  }

  #soonMs(): number {
    return Math.max(0, this.#askedAtMs + GAP_MS - performance.now()) + Math.random() * SPREAD_MS;
  }

  #arm(waitMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#ended.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#running = this.#turn();
    }, waitMs);
  }

  async #turn(): Promise<void> {
    const self = this.#options.taker.self();
    if (self !== null) await this.#ask(self);
    this.#tellChange();
    this.#running = null;
    this.#arm(this.#isWoken ? this.#soonMs() : this.#pauseMs());
    this.#isWoken = false;
  }

  async #ask(self: MemberIdentity): Promise<void> {
    const { taker, client, onOutcome, logger } = this.#options;
    this.#askedAtMs = performance.now();
    try {
      const known = taker.tagInUse();
      const answer = await client.fetchRoutes(self, known, this.#ended.signal);
      const validForMs = answer.validForMs - (performance.now() - this.#askedAtMs);
      const refusal = answer.isUnchanged
        ? this.#confirm(answer.tag, known, validForMs)
        : taker.take(offerOf(answer, validForMs));
      if (refusal === undefined) return this.#succeeded(answer.isUnchanged ? 'confirmed' : 'taken');
      this.#failures += 1;
      onOutcome('refused', refusal);
      logger.debug({ reason: refusal, tag: answer.tag }, 'routes of the router were refused');
    } catch (error) {
      if (this.#ended.signal.aborted) return;
      this.#failures += 1;
      onOutcome('failed', isPeerMeshError(error) ? error.code : 'unknown');
      logger.debug({ err: error }, 'the router gave no routes');
    }
  }

  /** @returns why the answer that is in use is not confirmed by this */
  #confirm(tag: string, known: string | null, validForMs: number): 'unasked' | 'stale' | undefined {
    if (tag !== known) return 'unasked';
    if (validForMs <= 0) return 'stale';
    // What was given up while it was asked for is asked for as a whole.
    if (!this.#options.taker.confirm(tag, validForMs)) this.#isWoken = true;
    return undefined;
  }

  #succeeded(outcome: RouterOutcome): void {
    this.#failures = 0;
    this.#options.onOutcome(outcome, '');
  }

  #pauseMs(): number {
    const { freshMs } = this.#options;
    if (this.#failures === 0) return (freshMs / 3) * (0.9 + Math.random() / 10);
    const backoffMs = Math.min(BACKOFF_MS * 2 ** (this.#failures - 1), BACKOFF_MS_MAX, freshMs);
    return backoffMs * (0.5 + Math.random() / 2);
  }

  #tellChange(): void {
    const { taker, logger } = this.#options;
    const isInUse = taker.tagInUse() !== null;
    if (isInUse === this.#wasInUse) return;
    this.#wasInUse = isInUse;
    logger.info(isInUse ? 'routes of the router are in use' : 'own routes are in use again');
  }
}
