import type { ClaimedDelivery } from './domain/delivery.ts';

/** Says what time it is. */
export type Clock = () => Date;

/** What one attempt came to. */
export interface AttemptOutcome {
  /**
   * `delivered`: accepted. `retry`: may work later. `rejected`: this delivery never will. `gone`: the endpoint never will.
   */
  readonly kind: 'delivered' | 'retry' | 'rejected' | 'gone';
  /** Short and from a closed set: `http_2xx`, `http_500`, `timeout`, `smtp_550`. */
  readonly detail: string;
  readonly httpStatus: number | null;
  /** The first 4 KB of the answer. */
  readonly response: string | null;
  /** What `Retry-After` asked for. */
  readonly retryAfterMs: number | null;
}

/** Sends deliveries of one channel. Never rejects: whatever happens is an outcome. */
export interface ChannelSender {
  send(delivery: ClaimedDelivery): Promise<AttemptOutcome>;
  close(): Promise<void>;
}
