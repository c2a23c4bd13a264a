import { violationOf } from './raft-rules.ts';
import {
  CANDIDATE,
  decodeState,
  encodeState,
  FOLLOWER,
  initialState,
  LEADER,
  type RaftState,
  SERVERS,
  type ServerState,
  type TermRecord,
} from './raft-state.ts';
import type { ExplicitModel } from './search.ts';

/** Mistakes of the model: the search has to find each. */
export type ModelBug = 'acknowledges-before-fsync' | 'ignores-log-when-voting' | 'votes-twice' | 'truncates-always';

/** Each at most 3, as the encoding has it. */
export interface ModelBounds {
  readonly terms: number;
  readonly entries: number;
  /** Changes of the configuration, from all three servers to the first two. */
  readonly reconfigurations: number;
  readonly bug?: ModelBug | undefined;
}

/**
 * Raft for three servers as atomic steps over a network that loses, repeats and delays. Terms and votes are durable at once,
 * entries after an fsync; a crash loses the rest.
 */
export class RaftModel implements ExplicitModel {
  readonly initial: string;
  readonly #bounds: ModelBounds;

  constructor(bounds: ModelBounds) {
    this.#bounds = bounds;
    this.initial = encodeState(initialState(bounds.terms));
  }

  violation(state: string): string | null {
    return violationOf(decodeState(state));
  }

  successors(text: string, visit: (next: string, action: string) => void): void {
    const state = decodeState(text);
    const happens = (action: string, step: (copy: RaftState) => void): void => {
      const copy = decodeState(text);
      step(copy);
      const next = encodeState(copy);
      if (next !== text) visit(next, action);
    };
    for (let id = 0; id < SERVERS; id++) {
      const server = state.servers[id] as ServerState;
      const name = `s${id + 1}`;
      const own = (copy: RaftState): ServerState => copy.servers[id] as ServerState;
      if (server.role !== LEADER && server.term < this.#bounds.terms && votersOf(server.log).includes(id))
        happens(`${name} asks for votes`, (copy) => ask(copy, own(copy), id));
      if (server.role === CANDIDATE && isElected(state, server, id))
        happens(`${name} leads term ${server.term}`, (copy) => lead(copy, own(copy), id));
      if (server.role === LEADER && server.log.length < this.#bounds.entries) {
        happens(`${name} appends`, (copy) => append(copy, own(copy), 0));
        if (this.#mayReconfigure(server)) happens(`${name} removes s3`, (copy) => append(copy, own(copy), 1));
      }
      if (server.role === LEADER) happens(`${name} commits`, (copy) => this.#commit(copy, own(copy), id));
      if (server.durable < server.log.length) happens(`${name} fsyncs`, (copy) => this.#fsync(copy, own(copy), id));
      happens(`${name} crashes`, (copy) => crash(own(copy)));
      for (let term = Math.max(1, server.term); term <= this.#bounds.terms; term++) {
        const record = state.terms[term - 1] as TermRecord;
        for (let candidate = 0; candidate < SERVERS; candidate++) {
          if (candidate !== id && record.asked[candidate] !== 0)
            happens(`${name} hears that s${candidate + 1} asks`, (copy) => this.#vote(copy, id, candidate, term));
        }
        if (record.leader === 0 || record.leader === id + 1) continue;
        for (let previous = 0; previous <= record.log.length; previous++)
          happens(`${name} hears s${record.leader} after ${previous} in term ${term}`, (copy) =>
            this.#receive(copy, id, term, previous),
          );
      }
    }
  }

  #vote({ servers, terms }: RaftState, id: number, candidate: number, term: number): void {
    const server = servers[id] as ServerState;
    const record = terms[term - 1] as TermRecord;
    if (term > server.term) enterTerm(server, term);
    const request = (record.asked[candidate] as number) - 1;
    const entry = request >> 2;
    const mine = server.log.at(-1) ?? 0;
    const isUpToDate = entry >> 1 > mine >> 1 || (entry >> 1 === mine >> 1 && (request & 3) >= server.log.length);
    const isFree = server.vote === 0 || server.vote === candidate + 1 || this.#bounds.bug === 'votes-twice';
    if (!isFree || server.role === LEADER || !(isUpToDate || this.#bounds.bug === 'ignores-log-when-voting')) return;
    server.vote = candidate + 1;
    record.granted[id] = (record.granted[id] as number) | (1 << candidate);
  }

  /** At most one entry after `previous` of the log that the leader of that term has had. */
  #receive(state: RaftState, id: number, term: number, previous: number): void {
    const server = state.servers[id] as ServerState;
    const sent = state.terms[term - 1] as TermRecord;
    if (term > server.term) enterTerm(server, term);
    if (server.role === LEADER) return;
    server.role = FOLLOWER;
    const { log } = server;
    const entry = sent.log[previous];
    if (previous > log.length || (previous > 0 && log[previous - 1] !== sent.log[previous - 1])) return;
    const isConflict = entry !== undefined && log.length > previous && log[previous] !== entry;
    if (isConflict || this.#bounds.bug === 'truncates-always') {
      log.length = previous;
      server.durable = Math.min(server.durable, previous);
    }
    if (entry !== undefined && log.length === previous) log.push(entry);
    const last = previous + (entry === undefined ? 0 : 1);
    server.matched = Math.max(server.matched, last);
    server.commit = Math.max(server.commit, Math.min(sent.commit, last));
    this.#acknowledge(state, server, id);
  }

  #fsync(state: RaftState, server: ServerState, id: number): void {
    server.durable = server.log.length;
    if (server.role !== LEADER) this.#acknowledge(state, server, id);
  }

  #acknowledge({ terms }: RaftState, { term, matched, durable }: ServerState, id: number): void {
    const { acknowledged } = terms[term - 1] ?? { acknowledged: [] };
    const index = this.#bounds.bug === 'acknowledges-before-fsync' ? matched : Math.min(matched, durable);
    acknowledged[id] = Math.max(acknowledged[id] ?? 0, index);
  }

  #commit(state: RaftState, server: ServerState, id: number): void {
    const { term, log, durable } = server;
    const record = state.terms[term - 1] as TermRecord;
    const has = (index: number, voter: number): boolean =>
      (voter === id ? durable : (record.acknowledged[voter] as number)) >= index;
    for (let index = log.length; index > server.commit; index--) {
      const isOwn = (log[index - 1] as number) >> 1 === term;
      if (!isOwn || !isQuorum(log, (voter) => has(index, voter))) continue;
      server.commit = index;
      record.commit = Math.max(record.commit, index);
      for (let at = state.committed.length; at < index; at++) {
        state.committed.push(log[at] as number);
        state.commitTerms.push(term);
      }
      return;
    }
  }

  /** One change at a time, after an entry of the leader's own term is committed (Ongaro, raft-dev, July 2015). */
  #mayReconfigure({ log, commit, term }: ServerState): boolean {
    const changes = log.filter((entry) => (entry & 1) === 1).length;
    return changes < this.#bounds.reconfigurations && commit > 0 && (log[commit - 1] as number) >> 1 === term;
  }
}

/** The configuration takes effect as soon as it is in the log. */
function votersOf(log: readonly number[]): readonly number[] {
  return log.some((entry) => (entry & 1) === 1) ? [0, 1] : [0, 1, 2];
}

function isQuorum(log: readonly number[], has: (voter: number) => boolean): boolean {
  const voters = votersOf(log);
  return voters.filter(has).length > voters.length / 2;
}

function enterTerm(server: ServerState, term: number): void {
  server.term = term;
  server.vote = 0;
  server.role = FOLLOWER;
  server.matched = 0;
}

function ask({ terms }: RaftState, server: ServerState, id: number): void {
  enterTerm(server, server.term + 1);
  server.role = CANDIDATE;
  server.vote = id + 1;
  (terms[server.term - 1] as TermRecord).asked[id] = (server.log.length | ((server.log.at(-1) ?? 0) << 2)) + 1;
}

function isElected({ terms }: RaftState, { term, log }: ServerState, id: number): boolean {
  const { granted } = terms[term - 1] as TermRecord;
  return isQuorum(log, (voter) => voter === id || ((granted[voter] as number) & (1 << id)) !== 0);
}

function lead({ terms }: RaftState, server: ServerState, id: number): void {
  const record = terms[server.term - 1] as TermRecord;
  server.role = LEADER;
  record.leader = id + 1;
  record.log = [...server.log];
}

function append({ terms }: RaftState, server: ServerState, isConfiguration: number): void {
  server.log.push(server.term * 2 + isConfiguration);
  (terms[server.term - 1] as TermRecord).log = [...server.log];
}

function crash(server: ServerState): void {
  server.role = FOLLOWER;
  server.log.length = server.durable;
  server.commit = 0;
  server.matched = 0;
}
