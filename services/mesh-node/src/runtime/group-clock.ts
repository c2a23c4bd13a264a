import type { ControlState } from '@peermesh/replication';
import type { Logger } from '@peermesh/telemetry';

type Stamped = Pick<ControlState, 'clockMs'>;

/** So far apart clocks may be before an operator is told. */
const SAID_FROM_MS = 60_000;

/** The two clocks of a node. */
export interface NodeClocks {
  /** The clock on the wall, ms since 1970. */
  readonly wallMs: () => number;
  /** Ms of a clock that never goes back. */
  readonly now: () => number;
}

/**
 * The clock of the control group as this node knows it: the leader stamps each decision with its own clock, the group never
 * goes back, and what expires in the mesh expires by that. A decision is at least as old as its way here took, so the stamp says
 * how far this node is ahead at most; when this node had asked for it, it says it exactly.
 */
export class GroupClock {
  readonly #clocks: NodeClocks;
  readonly #logger: Logger;
  #stampMs = 0;
  /** What the group's clock would show when the node's monotonic clock showed 0; null before a decision was seen. */
  #groupAtZeroMs: number | null = null;
  #saidMs = 0;

  constructor(clocks: NodeClocks, logger: Logger) {
    this.#clocks = clocks;
    this.#logger = logger;
  }

  get isCompared(): boolean {
    return this.#groupAtZeroMs !== null;
  }

  /** Clock of this node minus that of the group, ms; 0 until they could be compared. */
  get offsetMs(): number {
    const { wallMs, now } = this.#clocks;
    return this.#groupAtZeroMs === null ? 0 : wallMs() - now() - this.#groupAtZeroMs;
  }

  /** What time it is for the group, as far as this node can tell; ms since 1970. While it leads, it is that clock. */
  nowMs({ clockMs }: Stamped, isLeader: boolean): number {
    return Math.max(clockMs, Math.round(this.#clocks.wallMs() - (isLeader ? 0 : this.offsetMs)));
  }

  /** What this node asked for was decided and applied just now. */
  decided(state: Stamped | undefined): void {
    if (state !== undefined && state.clockMs > 0) this.#compare(state);
  }

  /** A decision was applied, whoever asked for it and however late it came. */
  seen(state: Stamped | undefined): void {
    if (state === undefined || state.clockMs <= this.#stampMs) return;
    const atMost = this.#clocks.wallMs() - state.clockMs;
    const isCloser = Math.abs(atMost) < Math.abs(this.offsetMs);
    if (isCloser || atMost < this.offsetMs) this.#compare(state);
  }

  #compare({ clockMs }: Stamped): void {
    this.#stampMs = clockMs;
    this.#groupAtZeroMs = clockMs - this.#clocks.now();
    const offsetMs = this.offsetMs;
    if (Math.abs(offsetMs - this.#saidMs) < SAID_FROM_MS) return;
    this.#saidMs = offsetMs;
    this.#logger.warn(
      { offsetSeconds: Math.round(offsetMs / 1000) },
      'the clock of this node and that of the mesh differ: look at the clocks of this machine and of the leader',
    );
  }
}
