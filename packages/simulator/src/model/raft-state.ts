/** One server of the model. Entries are `term * 2 + 1` when they change the configuration, `term * 2` otherwise. */
export interface ServerState {
  term: number;
  /** Server voted for in `term`, 1-based; 0 for none. */
  vote: number;
  role: number;
  log: number[];
  /** How many entries survive a crash. */
  durable: number;
  commit: number;
  /** Up to where the log is known to be that of the leader of `term`. */
  matched: number;
}

/**
 * What was ever said in one term. Nothing of it is ever unsaid: any of it may arrive at any time, again, or never.
 * A leader's log only grows, so that all that it ever sent are parts of its longest.
 */
export interface TermRecord {
  /** By candidate: last index and last entry of its request for votes, plus one; 0 for none. */
  asked: number[];
  /** By voter: the candidates that got its vote, as bits. */
  granted: number[];
  /** 1-based; 0 for none so far. */
  leader: number;
  log: number[];
  commit: number;
  /** By follower: the highest index that it acknowledged. */
  acknowledged: number[];
}

export interface RaftState {
  servers: ServerState[];
  /** Term 1 first. */
  terms: TermRecord[];
  committed: number[];
  /** The terms whose leaders committed them. */
  commitTerms: number[];
}

export const FOLLOWER = 0;
export const CANDIDATE = 1;
export const LEADER = 2;
export const SERVERS = 3;

export function initialState(terms: number): RaftState {
  const zeros = (): number[] => new Array<number>(SERVERS).fill(0);
  return {
    servers: zeros().map(() => ({ term: 0, vote: 0, role: FOLLOWER, log: [], durable: 0, commit: 0, matched: 0 })),
    terms: Array.from({ length: terms }, () => ({
      asked: zeros(),
      granted: zeros(),
      leader: 0,
      log: [],
      commit: 0,
      acknowledged: zeros(),
    })),
    committed: [],
    commitTerms: [],
  };
}

export function encodeState({ servers, terms, committed, commitTerms }: RaftState): string {
  const codes: number[] = [terms.length];
  for (const { term, vote, role, log, durable, commit, matched } of servers) {
    const bits =
      term | (vote << 2) | (role << 4) | (log.length << 6) | (durable << 8) | (commit << 10) | (matched << 12);
    codes.push(bits, ...log);
  }
  for (const { asked, granted, leader, log, commit, acknowledged } of terms)
    codes.push(...asked, ...granted, leader | (log.length << 2) | (commit << 4), ...log, ...acknowledged);
  codes.push(committed.length, ...committed, ...commitTerms);
  return String.fromCharCode(...codes);
}

export function decodeState(text: string): RaftState {
  let at = 0;
  const next = (): number => text.charCodeAt(at++);
  const take = (count: number): number[] => {
    const values: number[] = [];
    for (let index = 0; index < count; index++) values.push(next());
    return values;
  };
  const termCount = next();
  const servers: ServerState[] = [];
  for (let server = 0; server < SERVERS; server++) {
    const bits = next();
    servers.push({
      term: bits & 3,
      vote: (bits >> 2) & 3,
      role: (bits >> 4) & 3,
      durable: (bits >> 8) & 3,
      commit: (bits >> 10) & 3,
      matched: (bits >> 12) & 3,
      log: take((bits >> 6) & 3),
    });
  }
  const terms: TermRecord[] = [];
  for (let term = 0; term < termCount; term++) {
    const asked = take(SERVERS);
    const granted = take(SERVERS);
    const bits = next();
    const log = take((bits >> 2) & 3);
    terms.push({ asked, granted, leader: bits & 3, commit: bits >> 4, log, acknowledged: take(SERVERS) });
  }
  const length = next();
  return { servers, terms, committed: take(length), commitTerms: take(length) };
}
