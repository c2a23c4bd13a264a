import { voterTarget } from '@peermesh/replication';
import { runUntilFlawless } from '../mesh/convergence.ts';
import type { Operators } from './operators.ts';
import type { Traffic } from './traffic.ts';
import type { NodeWorld } from './world.ts';

const LEADER_MS = 30_000;
const ONE_MESH_MS = 90_000;
const TIDY_MS = 5_000;
const DECIDED_MS = 10_000;
const DONE_MS = 10_000;
const ARRIVAL_MS = 5_000;
const QUIET_MS = 30_000;

/** What must be true after the last fault: run from the time of healing on. */
export class CalmChecks {
  convergedAfterMs = 0;
  readonly #world: NodeWorld;
  readonly #operators: Operators;
  readonly #traffic: Traffic;

  constructor(world: NodeWorld, operators: Operators, traffic: Traffic) {
    this.#world = world;
    this.#operators = operators;
    this.#traffic = traffic;
  }

  run(): void {
    const { queue } = this.#world;
    const fromMs = queue.nowMs;
    this.#operators.isUnruly = false;
    this.#require('LeaderAfterHeal', LEADER_MS, () => this.#leaderFlaw());
    // What was asked for before is decided by then: nobody is removed any more.
    queue.runUntil(Math.max(queue.nowMs, fromMs + DECIDED_MS));
    this.#require('OneMeshAfterHeal', ONE_MESH_MS, () => this.#meshFlaw());
    this.#require('VotersAfterHeal', ONE_MESH_MS, () => this.#voterFlaw());
    this.convergedAfterMs = queue.nowMs - fromMs;
    this.#checkCommands();
    this.#checkMessages();
    this.#operators.isOn = false;
    this.#traffic.isOn = false;
    this.#require('OneMeshAfterHeal', ONE_MESH_MS, () => this.#meshFlaw());
    this.#checkOutcomes();
    for (const shortId of this.#world.removed) this.#world.ledger.exempt(shortId);
    const lifeOf = (shortId: number): number => this.#world.holderOf(shortId)?.life ?? -1;
    runUntilFlawless(this.#world, QUIET_MS, () =>
      this.#world.ledger.missing(lifeOf).length > 0 ? 'a message has not arrived' : '',
    );
    const [missing] = this.#world.ledger.missing(lifeOf);
    this.#world.registry.check('NoLoss', missing === undefined, () => JSON.stringify(missing));
  }

  /** Operators go on undoing what they did while this waits. */
  #require(
    rule: 'LeaderAfterHeal' | 'OneMeshAfterHeal' | 'VotersAfterHeal',
    withinMs: number,
    flaw: () => string,
  ): void {
    const { queue, registry } = this.#world;
    const endMs = queue.nowMs + withinMs;
    let found = flaw();
    while (found !== '' && queue.nowMs < endMs) {
      this.#operators.tidyUp();
      found = runUntilFlawless(this.#world, Math.min(TIDY_MS, endMs - queue.nowMs), flaw);
    }
    registry.check(rule, found === '', () => found);
  }

  #leaderFlaw(): string {
    const leader = this.#world.leader();
    if (leader === undefined) return 'nobody leads';
    for (const { name, core, shortId } of this.#world.all()) {
      const known = core?.session?.plane.raftStatus.leader ?? leader.shortId;
      const isMember = leader.core?.session?.plane.state.members.has(shortId) === true;
      if (isMember && known !== leader.shortId) return `${name} goes by leader ${known} and not by ${leader.shortId}`;
    }
    return '';
  }

  #meshFlaw(): string {
    const nodes = this.#world.all();
    for (const { name, core, shortId } of nodes) {
      if (core === null) return `${name} is down`;
      const state = core.session?.plane.state;
      if (state === undefined) return `${name} is ${core.phase}`;
      if (!state.members.has(shortId)) return `${name} does not see itself`;
      if (state.members.size !== nodes.length) return `${name} knows ${state.members.size} members`;
      for (const other of nodes)
        if (core.overlay?.reaches(other.shortId) !== true) return `${name} has no way to ${other.name}`;
    }
    const applied = new Set(nodes.map(({ core }) => core?.session?.plane.replica.appliedIndex));
    return applied.size > 1 ? `members have applied ${[...applied].join(', ')}` : '';
  }

  #voterFlaw(): string {
    const leader = this.#world.leader();
    const plane = leader?.core?.session?.plane;
    if (leader === undefined || plane === undefined) return 'nobody leads';
    const { configuration } = plane.replica;
    const health = plane.health(leader.nowMs);
    if (health !== 'HEALTHY')
      return `the mesh is ${health}: ${leader.name} misses ${plane.unreachable(leader.nowMs).join(', ')}`;
    const target = voterTarget(this.#world.shape.machines);
    if (configuration.outgoing.length > 0) return 'a change of voters is under way';
    return configuration.voters.length === target ? '' : `${configuration.voters.length} voters and not ${target}`;
  }

  #checkCommands(): void {
    const { registry, queue } = this.#world;
    const first = this.#operators.settings.length;
    for (const node of this.#world.all()) this.#operators.set(node);
    const asked = this.#operators.settings.slice(first);
    queue.runUntil(queue.nowMs + DONE_MS);
    for (const { node, outcome } of asked)
      registry.check('DoneAfterHeal', outcome?.kind === 'done', () => `${node.name}: ${JSON.stringify(outcome)}`);
  }

  #checkMessages(): void {
    const { registry, ledger, queue } = this.#world;
    const sent: { readonly text: string; readonly number: number }[] = [];
    for (const src of this.#world.all())
      for (const dst of this.#world.all())
        if (src !== dst)
          sent.push({ text: `${src.name} to ${dst.name}`, number: this.#traffic.check(src, dst.shortId) });
    queue.runUntil(queue.nowMs + ARRIVAL_MS);
    for (const { text, number } of sent)
      registry.check('FlowsAfterHeal', !Number.isNaN(ledger.arrivedAtMs(number)), () => text);
  }

  #checkOutcomes(): void {
    const { registry } = this.#world;
    for (const { name, core } of this.#world.all()) {
      const parameters = core?.session?.plane.state.parameters;
      for (const { key, outcome } of this.#operators.settings) {
        const isThere = parameters?.has(key) === true;
        if (outcome?.kind === 'done') registry.check('DoneIsKept', isThere, () => `${key} is lost at ${name}`);
        if (outcome?.kind === 'not-taken') registry.check('NotTakenIsNot', !isThere, () => `${key} is at ${name}`);
      }
    }
  }
}
