import type { SeededRandom } from '../random.ts';
import type { ControlMachine } from './control-machine.ts';
import type { ControlWorld } from './control-world.ts';
import type { RequestBook } from './request-book.ts';

const DETECT_MS = 400;
const JOIN_MS = 700;
const DOUBT_MS = 2_500;

/** What people and machines ask of the group: settings, drains, evictions, readmissions; machines that are none join. */
export class Operators {
  /** Evictions, leaves and contested changes are asked for. */
  isUnruly = true;
  isOn = true;
  readonly #world: ControlWorld;
  readonly #book: RequestBook;
  readonly #random: SeededRandom;
  #keys = 0;

  constructor(world: ControlWorld, book: RequestBook, random: SeededRandom) {
    this.#world = world;
    this.#book = book;
    this.#random = random;
  }

  start(): void {
    const [founder] = this.#world.all();
    if (founder === undefined) throw new Error('a world without machines');
    founder.enrol(1, true);
    founder.act((plane) => plane.hurryElection());
    const body = { kind: 'create', meshId: 'm', policy: 'OPEN', nodeId: founder.nodeId } as const;
    this.#book.ask(founder, { ...body, founder: this.#world.introductionOf(founder), joinKeys: [] });
    this.#every(DETECT_MS, () => this.#world.detectFailures());
    for (const machine of this.#world.all()) this.#every(JOIN_MS, () => this.#join(machine));
    for (const machine of this.#world.all()) this.#every(DOUBT_MS, () => this.#doubt(machine));
    this.#command();
  }

  /** A setting that nobody else writes. */
  set(machine: ControlMachine): void {
    this.#keys += 1;
    const body = {
      kind: 'set',
      space: 'parameter',
      key: `k${this.#keys}`,
      value: machine.name,
      expectedVersion: 0,
    } as const;
    this.#book.ask(machine, body, { isUnique: true });
  }

  #every(ms: number, run: () => void): void {
    this.#world.queue.after(ms * this.#random.between(0.8, 1.2), () => {
      run();
      this.#every(ms, run);
    });
  }

  #command(): void {
    this.#world.queue.after(this.#random.exponential(this.#world.shape.commandIntervalMs), () => {
      const members = this.#world.all().filter(({ plane }) => plane !== null && plane.state.meshId !== '');
      if (this.isOn && members.length > 0) this.#ask(this.#random.pick(members));
      this.#command();
    });
  }

  #ask(machine: ControlMachine): void {
    const random = this.#random;
    const dice = random.next();
    if (dice < 0.5) return this.set(machine);
    if (dice < 0.62) return this.#book.ask(machine, null);
    if (!this.isUnruly) return;
    const state = machine.plane?.state;
    if (state === undefined) return;
    const shortIds = [...state.members.keys()];
    const subject = random.pick(shortIds);
    const override = random.chance(0.4) ? 'by hand' : '';
    if (dice < 0.72) {
      const version = state.configuration.get('shared')?.version ?? 0;
      const value = random.chance(0.2) ? null : `${dice}`;
      return this.#book.ask(machine, {
        kind: 'set',
        space: 'configuration',
        key: 'shared',
        value,
        expectedVersion: version,
      });
    }
    if (dice < 0.82)
      return this.#book.ask(machine, { kind: 'drain', shortId: subject, isDraining: random.chance(0.5) });
    if (dice < 0.86)
      return this.#book.ask(machine, { kind: 'setPolicy', policy: 'OPEN', expectedVersion: state.policyVersion });
    const voters = this.#world.leader()?.plane?.replica.configuration.voters ?? shortIds;
    const spare = shortIds.find((shortId) => !voters.includes(shortId) && shortId !== machine.shortId);
    if (dice < 0.88 && spare !== undefined) return this.#evict(machine, spare, override);
    if (dice < 0.93) {
      if (shortIds.length === 1) return;
      this.#world.removalAskedAtMs = this.#world.queue.nowMs;
      if (dice < 0.9) return this.#evict(machine, subject, override);
      return this.#book.ask(machine, { kind: 'leave', shortId: machine.shortId }, { operator: '' });
    }
    const [evicted] = state.evicted.keys();
    if (evicted !== undefined) this.readmit(machine, evicted);
  }

  /** Ends what operators began: evictions are lifted, drained members taken back. */
  tidyUp(): void {
    const leader = this.#world.leader();
    const state = leader?.plane?.state;
    if (leader === undefined || state === undefined) return;
    for (const nodeId of state.evicted.keys()) this.readmit(leader, nodeId);
    for (const { shortId, isDraining } of state.members.values())
      if (isDraining) this.#book.ask(leader, { kind: 'drain', shortId, isDraining: false });
  }

  /** Lifts an eviction. */
  readmit(machine: ControlMachine, nodeId: string): void {
    this.#book.ask(machine, { kind: 'readmit', nodeId });
  }

  #evict(machine: ControlMachine, shortId: number, override: string): void {
    this.#book.ask(machine, { kind: 'evict', shortId, note: 'by chance' }, { override });
  }

  /** A machine that is no member asks a member to let it in. */
  #join(machine: ControlMachine): void {
    if (!machine.isUp || machine.shortId !== 0) return;
    const seeds = this.#world.all().filter((other) => other.plane !== null && this.#world.hears(machine, other));
    if (seeds.length === 0) return;
    const introduction = this.#world.introductionOf(machine);
    const body = { kind: 'admit', meshId: 'm', nodeId: machine.nodeId, introduction, keyHash: '' } as const;
    this.#book.ask(this.#random.pick(seeds), body, {}, (outcome) => {
      if (outcome.kind !== 'result' || !outcome.result.isDone) return;
      const isSame = machine.disk.volumeId === introduction.volumeId && machine.shortId === 0;
      if (machine.isUp && isSame) machine.enrol(outcome.result.value, false);
    });
  }

  /** A member that hears of no leader asks another whether it still belongs. */
  #doubt(machine: ControlMachine): void {
    const { plane, shortId, nodeId } = machine;
    if (plane === null || plane.raftStatus.leader !== 0) return;
    const others = this.#world.all().filter((other) => other !== machine && this.#world.hears(machine, other));
    if (others.length === 0) return;
    const { former } = this.#random.pick(others).plane!.state;
    if (!former.some((one) => one.shortId === shortId && one.nodeId === nodeId)) return;
    this.#world.note(machine.name, 'learns', 'that it was removed');
    machine.dismiss();
  }
}
