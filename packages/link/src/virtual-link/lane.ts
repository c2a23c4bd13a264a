import { BATCH_BYTES_MAX } from '../wire/format.ts';
import type { LinkConfig } from './config.ts';
import { EchoDetector } from './echo-detector.ts';
import { RateEstimator } from './rate-estimator.ts';

const FIRST_BATCH_BYTES = 16 * 1024;
const BATCH_BYTES_LEAST = 4 * 1024;
const BATCH_MS = 25;

/** UP carries data; SUSPECT is probed and gets none; DOWN is dead; PROBATION proves itself before it is used again. */
export type LaneState = 'UP' | 'SUSPECT' | 'DOWN' | 'PROBATION';

/** Why a lane changed its state. `outbound` is the silence of a lane on which the other side is still heard. */
export type LaneCause = 'connected' | 'closed' | 'proven' | 'silent' | 'outbound';

/** One connection of the link and what is known of it. Moves bytes for whichever sequence spaces it is the carrier of. */
export class Lane {
  readonly index: number;
  readonly trafficClass: number;
  readonly echo: EchoDetector;
  rate = new RateEstimator();
  state: LaneState = 'DOWN';
  isConnected = false;
  /** Bytes of batches sent on this lane last and not acknowledged. */
  inFlightBytes = 0;
  /** Cause of the last change. */
  cause: LaneCause = 'closed';
  /** Counted since the link began. */
  sentBytes = 0;
  downs = 0;
  sentBatches = 0;
  /** Batches that had to be sent again. */
  lostBatches = 0;
  #probationSinceMs = 0;
  #hasFailed = false;
  readonly #config: LinkConfig;

  constructor(index: number, trafficClass: number, config: LinkConfig) {
    this.index = index;
    this.trafficClass = trafficClass;
    this.echo = new EchoDetector(config.echoIntervalMs);
    this.#config = config;
  }

  /** Unacknowledged bytes that may be on the lane. */
  get windowBytes(): number {
    const { inFlightBytesMin, inFlightBytesMax, ackDelayMs } = this.#config;
    return Math.min(inFlightBytesMax, Math.max(inFlightBytesMin, 2 * this.rate.bdpBytes(ackDelayMs)));
  }

  /**
   * Bytes for one batch: what the lane takes in 25 ms, so that answers to echoes and acknowledgements keep coming on a slow
   * one and control waits for little. 16 KiB while the rate is unknown.
   */
  get batchBytes(): number {
    const { rate } = this.rate;
    if (rate === 0) return FIRST_BATCH_BYTES;
    return Math.min(BATCH_BYTES_MAX, Math.max(BATCH_BYTES_LEAST, Math.floor(rate * BATCH_MS)));
  }

  /** 3 carries anything, 2 when nothing better is there, 1 only control and only then, 0 nothing. */
  get fitness(): number {
    if (!this.isConnected) return 0;
    if (this.state === 'UP') return 3;
    if (this.state === 'PROBATION') return this.echo.goodEchoes > 0 ? 2 : 0;
    return this.state === 'SUSPECT' ? 1 : 0;
  }

  connect(nowMs: number): void {
    this.isConnected = true;
    this.echo.restart(nowMs);
    this.rate = new RateEstimator();
    this.#enterProbation(nowMs, 'connected');
  }

  disconnect(): void {
    this.isConnected = false;
    this.#fail('closed');
  }

  /** Answers of a path that jitters may be late by four mean deviations (RFC 6298), up to halfway to `downAfterMs`. */
  get #suspectAfterMs(): number {
    const { suspectAfterMs, downAfterMs } = this.#config;
    return Math.min(suspectAfterMs + 4 * this.echo.rtt.varianceMs, (suspectAfterMs + downAfterMs) / 2);
  }

  /** An echo came back. */
  onReply(id: number, nowMs: number): void {
    if (!this.isConnected || !this.echo.onReply(id, nowMs)) return;
    if (this.state === 'DOWN') this.#enterProbation(nowMs, 'proven');
    if (this.state === 'SUSPECT') this.#enter('UP', 'proven');
    else if (this.state === 'PROBATION') this.#leaveProbation(nowMs);
  }

  /** Judges the silence. True when the state changed. */
  check(nowMs: number): boolean {
    const before = this.state;
    if (!this.isConnected || before === 'DOWN') return false;
    const silentMs = this.echo.silentMs(nowMs);
    const suspectAfterMs = this.#suspectAfterMs;
    const isHeard = nowMs - this.echo.heardAtMs < suspectAfterMs;
    const cause = isHeard ? 'outbound' : 'silent';
    if (silentMs >= this.#config.downAfterMs) this.#fail(cause);
    else if (silentMs >= suspectAfterMs) {
      this.echo.goodEchoes = 0;
      if (before === 'UP') this.#enter('SUSPECT', cause);
      else if (before === 'PROBATION') this.#probationSinceMs = nowMs;
    } else if (before === 'PROBATION') this.#leaveProbation(nowMs);
    return this.state !== before;
  }

  #leaveProbation(nowMs: number): void {
    const { probationEchoes, probationMs } = this.#config;
    const isProven = this.#hasFailed
      ? this.echo.goodEchoes >= probationEchoes && nowMs - this.#probationSinceMs >= probationMs
      : this.echo.goodEchoes > 0;
    if (isProven) this.#enter('UP', 'proven');
  }

  #enterProbation(nowMs: number, cause: LaneCause): void {
    this.#probationSinceMs = nowMs;
    this.#enter('PROBATION', cause);
  }

  #fail(cause: LaneCause): void {
    this.echo.goodEchoes = 0;
    if (this.state !== 'DOWN') this.downs += 1;
    this.#hasFailed = true;
    this.#enter('DOWN', cause);
  }

  #enter(state: LaneState, cause: LaneCause): void {
    this.state = state;
    this.cause = cause;
  }
}
