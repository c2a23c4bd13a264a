/** A replica that could vote. */
export interface Candidate {
  readonly shortId: number;
  readonly region: string;
  readonly isVoting: boolean;
  /** Stays a voter whatever happens. */
  readonly isKept: boolean;
  /** Should give its vote to another one. */
  readonly isFailing: boolean;
  /** Can be given a vote now. */
  readonly isReady: boolean;
}

/**
 * Who votes: those who vote already where they can stay, then learners of the regions with the fewest voters, with few
 * moves. An even number above two is avoided, because it survives no more failures than the odd number below it.
 */
export function chooseVoters(candidates: readonly Candidate[], target: number): ReadonlySet<number> {
  const voting = candidates.filter(({ isVoting }) => isVoting);
  const ready = candidates.filter(({ isVoting, isReady }) => !isVoting && isReady);
  const chosen = new Set(voting.filter(({ isFailing, isKept }) => !isFailing || isKept));
  while (chosen.size > target && drop(chosen)) continue;
  fill(chosen, ready, target);
  // A failing voter keeps its vote until somebody can take it over.
  const failing = voting.filter((candidate) => !chosen.has(candidate));
  while (chosen.size < Math.min(target, voting.length)) {
    const next = failing.shift();
    if (next === undefined) break;
    chosen.add(next);
  }
  if (chosen.size > 2 && chosen.size % 2 === 0) evenOut(chosen);
  spread(chosen, ready);
  return new Set(Array.from(chosen, ({ shortId }) => shortId));
}

function fill(chosen: Set<Candidate>, ready: readonly Candidate[], target: number): void {
  while (chosen.size < target) {
    const next = thinnest(chosen, ready);
    if (next === undefined) return;
    chosen.add(next);
  }
}

/** A newcomer waits until two can come at once; without one, a voter too many goes. */
function evenOut(chosen: Set<Candidate>): void {
  const newcomer = [...chosen].findLast(({ isVoting }) => !isVoting);
  const hasFailing = [...chosen].some(({ isFailing }) => isFailing);
  // One that replaces a failing voter is no newcomer too many.
  if (newcomer !== undefined && !hasFailing) chosen.delete(newcomer);
  else drop(chosen);
}

/** Moves a vote from a region that has at least two more than that of a learner. */
function spread(chosen: Set<Candidate>, ready: readonly Candidate[]): void {
  for (;;) {
    const next = thinnest(chosen, ready);
    if (next === undefined) return;
    const load = votersByRegion(chosen);
    const from = [...chosen]
      .filter(({ region, isKept }) => !isKept && (load.get(region) ?? 0) - (load.get(next.region) ?? 0) >= 2)
      .toSorted((a, b) => (load.get(b.region) ?? 0) - (load.get(a.region) ?? 0) || b.shortId - a.shortId)[0];
    if (from === undefined) return;
    chosen.delete(from);
    chosen.add(next);
  }
}

/** The learner whose region has the fewest voters. */
function thinnest(chosen: ReadonlySet<Candidate>, ready: readonly Candidate[]): Candidate | undefined {
  const load = votersByRegion(chosen);
  return ready
    .filter((candidate) => !chosen.has(candidate))
    .toSorted((a, b) => (load.get(a.region) ?? 0) - (load.get(b.region) ?? 0) || a.shortId - b.shortId)[0];
}

/** Takes the vote of one: a failing one first, else of the fullest region. */
function drop(chosen: Set<Candidate>): boolean {
  const load = votersByRegion(chosen);
  const last = [...chosen]
    .filter(({ isKept }) => !isKept)
    .toSorted(
      (a, b) =>
        Number(b.isFailing) - Number(a.isFailing) ||
        (load.get(b.region) ?? 0) - (load.get(a.region) ?? 0) ||
        b.shortId - a.shortId,
    )[0];
  return last !== undefined && chosen.delete(last);
}

function votersByRegion(chosen: ReadonlySet<Candidate>): Map<string, number> {
  const load = new Map<string, number>();
  for (const { region } of chosen) load.set(region, (load.get(region) ?? 0) + 1);
  return load;
}
