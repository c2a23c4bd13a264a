import type { TraceRing } from '../trace.ts';
import type { CorePort, CoreStatus } from './core-port.ts';
import type { ConsensusOracle } from './oracle/oracle.ts';
import type { ObservedEntry } from './replica-log.ts';

interface Observed {
  readonly id: number;
  readonly core: CorePort;
  readonly oracle: ConsensusOracle;
  readonly trace: TraceRing;
  readonly nowMs: () => number;
}

/** Tells the oracle and the trace what one replica says of itself: its term, its entries, that it leads, what is committed. */
export class ReplicaObserver {
  readonly #observed: Observed;
  #wasLeader = false;
  #term = 0;

  constructor(observed: Observed) {
    this.#observed = observed;
  }

  /** Before the log changes: whoever leads no more may lose entries. */
  beforeBatch({ term, isLeader }: CoreStatus): void {
    const { oracle, id, trace, nowMs } = this.#observed;
    if (term !== this.#term) oracle.elections.termIs(String(id), term);
    if (this.#wasLeader && (!isLeader || term !== this.#term)) {
      this.#wasLeader = false;
      oracle.elections.steppedDown(String(id));
      trace.add(nowMs(), `r${id}`, 'steps down', `term ${term}`);
    }
    this.#term = term;
  }

  /** Entries that it puts into its log. */
  entries(entries: readonly ObservedEntry[]): void {
    const { oracle, id, core, trace, nowMs } = this.#observed;
    if (entries.length === 0) return;
    trace.add(nowMs(), `r${id}`, 'append', entries.map(({ index, term }) => `${index}@${term}`).join(' '));
    oracle.logs.appended(String(id), entries, (entry) => core.configurationOf(entry));
  }

  /** After its log has changed. */
  status(status: CoreStatus): void {
    const { oracle, id, trace, nowMs } = this.#observed;
    const name = String(id);
    if (status.isLeader && !this.#wasLeader) {
      this.#wasLeader = true;
      trace.add(nowMs(), `r${id}`, 'leads', `term ${status.term}, log ends at ${status.lastIndex}`);
      oracle.elections.becameLeader(name, status.term, status.configuration);
    }
    oracle.committed(name, status.commit, status.configuration);
    oracle.logs.claims(name, status.durable, status.configuration);
  }
}
