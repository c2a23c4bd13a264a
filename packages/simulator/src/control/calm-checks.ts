import { encodeState, voterTarget } from '@peermesh/replication';
import type { ControlMachine } from './control-machine.ts';
import type { ControlWorld } from './control-world.ts';
import type { Operators } from './operators.ts';
import type { RequestBook } from './request-book.ts';

const POLL_MS = 100;
const LEADER_MS = 20_000;
const MEMBERS_MS = 60_000;
const DONE_MS = 10_000;
const TIDY_ROUNDS = 12;

/** What must be true after the last fault: run from the time of healing on. */
export class CalmChecks {
  convergedAfterMs = 0;
  readonly #world: ControlWorld;
  readonly #book: RequestBook;
  readonly #operators: Operators;

  constructor(world: ControlWorld, book: RequestBook, operators: Operators) {
    this.#world = world;
    this.#book = book;
    this.#operators = operators;
  }

  run(): void {
    const { queue, registry } = this.#world;
    const fromMs = queue.nowMs;
    this.#operators.isUnruly = false;
    const leaderFlaw = this.#until(LEADER_MS, () => this.#leaderFlaw());
    registry.check('LeaderAfterHeal', leaderFlaw === '', () => leaderFlaw);
    const memberFlaw = this.#tidyUntil(() => this.#memberFlaw());
    registry.check('MembersAfterHeal', memberFlaw === '', () => memberFlaw);
    const voterFlaw = this.#tidyUntil(() => this.#voterFlaw());
    registry.check('VotersAfterHeal', voterFlaw === '', () => voterFlaw);
    this.convergedAfterMs = queue.nowMs - fromMs;
    this.#checkCommands();
    this.#operators.isOn = false;
    const lastFlaw = this.#tidyUntil(() => this.#memberFlaw());
    registry.check('MembersAfterHeal', lastFlaw === '', () => lastFlaw);
    this.#checkOutcomes();
  }

  #until(withinMs: number, flaw: () => string): string {
    const { queue } = this.#world;
    const endMs = queue.nowMs + withinMs;
    let found = flaw();
    while (found !== '' && queue.nowMs < endMs) {
      queue.runUntil(queue.nowMs + POLL_MS);
      found = flaw();
    }
    return found;
  }

  #tidyUntil(flaw: () => string): string {
    let found = flaw();
    for (let rounds = 0; rounds < TIDY_ROUNDS && found !== ''; rounds += 1) {
      this.#operators.tidyUp();
      found = this.#until(MEMBERS_MS / TIDY_ROUNDS, flaw);
    }
    return found;
  }

  #leaderFlaw(): string {
    const leader = this.#world.leader();
    if (leader === undefined) return 'nobody leads';
    const members = leader.plane?.state.members;
    for (const { name, plane, shortId } of this.#world.all())
      if (plane !== null && members?.has(shortId) === true && plane.raftStatus.leader !== leader.shortId)
        return `${name} goes by leader ${plane.raftStatus.leader} and not by ${leader.shortId}`;
    return '';
  }

  #memberFlaw(): string {
    const machines = this.#world.all();
    const indexes = new Set(machines.map(({ plane }) => plane?.replica.appliedIndex));
    for (const { name, plane, shortId } of machines) {
      if (plane === null) return `${name} is no member`;
      if (!plane.state.members.has(shortId)) return `${name} does not see itself`;
    }
    if (indexes.size > 1) return `members have applied ${[...indexes].join(', ')}`;
    const states = new Set(machines.map(({ plane }) => Buffer.from(encodeState(plane!.state)).toString('latin1')));
    return states.size > 1 ? 'members differ at one index' : '';
  }

  #voterFlaw(): string {
    const leader = this.#world.leader();
    if (leader?.plane == null) return 'nobody leads';
    const { configuration } = leader.plane.replica;
    const health = leader.plane.health(leader.nowMs);
    if (health !== 'HEALTHY') return `the mesh is ${health}`;
    const target = voterTarget(this.#world.shape.machines);
    if (configuration.outgoing.length > 0) return 'a change of voters is under way';
    return configuration.voters.length === target ? '' : `${configuration.voters.length} voters and not ${target}`;
  }

  #checkCommands(): void {
    const { registry, queue } = this.#world;
    const first = this.#book.all.length;
    const asking = (machine: ControlMachine): void => this.#operators.set(machine);
    for (const machine of this.#world.all()) asking(machine);
    queue.runUntil(queue.nowMs + DONE_MS);
    const asked = this.#book.all
      .slice(first)
      .filter(({ isUnique, askedAtMs }) => isUnique && askedAtMs < queue.nowMs - DONE_MS + 1_000)
      // An eviction from before the calm may be applied in it: whoever is removed hears no more.
      .filter(({ machine, life }) => machine.plane !== null && machine.life === life);
    for (const { machine, outcome } of asked) {
      const isDone = outcome?.kind === 'result' && outcome.result.isDone;
      registry.check('DoneAfterHeal', isDone, () => `${machine.name}: ${JSON.stringify(outcome)}`);
    }
  }

  #checkOutcomes(): void {
    const { registry } = this.#world;
    for (const { name, plane } of this.#world.all()) {
      for (const key of this.#book.uniqueKeys('done'))
        registry.check('DoneIsKept', plane?.state.parameters.has(key) === true, () => `${key} is lost at ${name}`);
      for (const key of this.#book.uniqueKeys('not-taken'))
        registry.check('NotTakenIsNot', plane?.state.parameters.has(key) === false, () => `${key} is at ${name}`);
    }
  }
}
