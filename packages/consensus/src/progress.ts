import type { SnapshotSource } from './snapshot.ts';

/** A snapshot on its way to one follower. */
export interface SnapshotTransfer {
  readonly source: SnapshotSource;
  /** Where the next piece begins. */
  offset: number;
  /** Ticks since the last piece left. */
  waitedTicks: number;
}

/**
 * What a leader knows of one follower (etcd-raft's tracker). `probe` sends one request and waits, `replicate` sends ahead up
 * to a limit, `snapshot` sends pieces of a snapshot and nothing else.
 */
export class Progress {
  state: 'probe' | 'replicate' | 'snapshot' = 'probe';
  /** Durable at the follower. */
  match = 0;
  /** Sent next. */
  next: number;
  /** Heard of since the last check of the quorum. */
  isActive = false;
  /** The newest read that this follower has confirmed the leader for. */
  round = 0;
  transfer: SnapshotTransfer | null = null;
  /** In `probe`: a request is under way. */
  isPaused = false;
  /** In `replicate`: last indexes of the requests under way. */
  #inFlight: number[] = [];

  constructor(next: number) {
    this.next = next;
  }

  get inFlight(): number {
    return this.#inFlight.length;
  }

  canSend(inFlightMax: number): boolean {
    if (this.state === 'probe') return !this.isPaused;
    return this.state === 'replicate' && this.#inFlight.length < inFlightMax;
  }

  /** Entries up to `last` were sent. */
  sent(last: number): void {
    if (this.state === 'replicate') {
      this.next = last + 1;
      this.#inFlight.push(last);
    } else this.isPaused = true;
  }

  /** @returns whether this was news */
  acknowledged(index: number): boolean {
    const isNews = index > this.match;
    this.match = Math.max(this.match, index);
    this.next = Math.max(this.next, this.match + 1);
    this.isPaused = false;
    while ((this.#inFlight[0] ?? Number.POSITIVE_INFINITY) <= index) this.#inFlight.shift();
    return isNews;
  }

  /** The follower refused what came after `index`. @returns whether that was the answer to something still open */
  refused(index: number, hint: number): boolean {
    if (this.state === 'replicate') {
      if (index <= this.match) return false;
      this.probeFrom(this.match + 1);
      return true;
    }
    if (this.next - 1 !== index) return false;
    this.next = Math.max(Math.min(index, hint + 1), this.match + 1);
    this.isPaused = false;
    return true;
  }

  probeFrom(next: number): void {
    this.state = 'probe';
    this.next = Math.max(next, this.match + 1);
    this.isPaused = false;
    this.transfer = null;
    this.#inFlight = [];
  }

  replicate(): void {
    this.state = 'replicate';
    this.next = this.match + 1;
    this.transfer = null;
    this.#inFlight = [];
  }

  send(source: SnapshotSource): void {
    this.state = 'snapshot';
    this.transfer = { source, offset: 0, waitedTicks: 0 };
    this.#inFlight = [];
  }

  /** Gives up on answers that have not come for long: whatever was under way may be lost. */
  freeOne(): void {
    this.isPaused = false;
    if (this.state === 'replicate') this.#inFlight.shift();
  }
}
