import type { OperationOutcome } from '@peermesh/mesh-core';
import type { CommandBody } from '@peermesh/replication';
import type { SeededRandom } from '../random.ts';
import type { WholeNode } from './whole-node.ts';
import type { NodeWorld } from './world.ts';

const JOIN_MS = 1_500;
const TIMEOUT_MS = 8_000;
const MESH = 'm';

/** A setting that only one command ever writes, and what came of that. */
export interface AskedSetting {
  readonly node: WholeNode;
  readonly life: number;
  readonly key: string;
  outcome: OperationOutcome | null;
}

/** What people ask of the nodes: to form a mesh, to join it, to change it; and what the nodes answer. */
export class Operators {
  isOn = true;
  /** Nobody is removed any more. */
  isUnruly = true;
  readonly settings: AskedSetting[] = [];
  done = 0;
  reads = 0;
  joins = 0;
  withdrawals = 0;
  readonly #world: NodeWorld;
  readonly #random: SeededRandom;
  #answeredIndex = 0;
  #isSeeded = false;
  #withdrawnAtMs = Number.NEGATIVE_INFINITY;

  constructor(world: NodeWorld, random: SeededRandom) {
    this.#world = world;
    this.#random = random;
  }

  start(): void {
    for (const node of this.#world.all()) this.#tend(node);
    this.#command();
  }

  /** Sets something that nobody else writes. */
  set(node: WholeNode): void {
    const key = `k${this.settings.length}`;
    const setting: AskedSetting = { node, life: node.life, key, outcome: null };
    this.settings.push(setting);
    const body = { kind: 'set', space: 'parameter', key, value: node.name, expectedVersion: 0 } as const;
    this.#ask(node, body, '', (outcome) => {
      setting.outcome = outcome;
    });
  }

  /** Ends what operators began: evictions are lifted, drained members taken back. */
  tidyUp(): void {
    const leader = this.#world.leader();
    const state = leader?.core?.session?.plane.state;
    if (leader === undefined || state === undefined) return;
    for (const nodeId of state.evicted.keys()) this.#ask(leader, { kind: 'readmit', nodeId });
    for (const { shortId, isDraining } of state.members.values())
      if (isDraining) this.#ask(leader, { kind: 'drain', shortId, isDraining: false });
  }

  /** A node that is in no mesh is told to join, the very first one to begin it. */
  #tend(node: WholeNode): void {
    this.#world.queue.after(JOIN_MS * this.#random.between(0.5, 1.5), () => {
      if (node.core?.phase === 'idle') this.#bringIn(node);
      this.#tend(node);
    });
  }

  #bringIn(node: WholeNode): void {
    if (!this.#isSeeded) {
      if (node.address === '') return;
      this.#isSeeded = true;
      const wish = { meshId: MESH, policy: 'OPEN', joinKeys: [] } as const;
      node.ask(
        (core) => core.seed(wish, node.nowMs),
        () => undefined,
      );
      return;
    }
    const others = this.#world.all().filter((other) => other !== node && other.address !== '');
    const addresses = this.#random.shuffle(others.map(({ address }) => address)).slice(0, 3);
    node.ask(
      (core) => core.join({ meshId: MESH, addresses, secret: '', timeoutMs: 10_000 }, node.nowMs),
      ({ kind }) => {
        if (kind === 'done') this.joins += 1;
      },
    );
  }

  #command(): void {
    this.#world.queue.after(this.#random.exponential(this.#world.shape.commandIntervalMs), () => {
      const members = this.#world.all().filter(({ shortId }) => shortId !== 0);
      if (this.isOn && members.length > 0) this.#draw(this.#random.pick(members));
      this.#command();
    });
  }

  #draw(node: WholeNode): void {
    const random = this.#random;
    const state = node.core?.session?.plane.state;
    if (state === undefined || state.members.size === 0) return;
    const dice = random.next();
    if (dice < 0.55) return this.set(node);
    if (dice < 0.7) return this.#read(node);
    if (dice < 0.78) {
      const expectedVersion = state.configuration.get('shared')?.version ?? 0;
      return this.#ask(node, { kind: 'set', space: 'configuration', key: 'shared', value: `${dice}`, expectedVersion });
    }
    if (!this.isUnruly) return;
    const subject = random.pick([...state.members.keys()]);
    if (dice < 0.88) return this.#ask(node, { kind: 'drain', shortId: subject, isDraining: random.chance(0.7) });
    const [evicted] = state.evicted.keys();
    if (dice < 0.94 && evicted !== undefined) return this.#ask(node, { kind: 'readmit', nodeId: evicted });
    if (dice < 0.97)
      this.#withdraw(subject, () => this.#ask(node, { kind: 'evict', shortId: subject, note: 'by chance' }));
    else if (dice >= 0.985) {
      const leave = (): void =>
        node.ask(
          (core) => core.leave({ timeoutMs: TIMEOUT_MS }, node.nowMs),
          () => undefined,
        );
      this.#withdraw(node.shortId, leave);
    }
  }

  /** One after the other, and somebody stays whom others can dial: nobody finds a mesh that only dials out. */
  #withdraw(subject: number, ask: () => void): void {
    const { nowMs } = this.#world.queue;
    const members = this.#world.leader()?.core?.session?.plane.state.members.values() ?? [];
    const stays = [...members].filter((one) => one.shortId !== subject && one.isInbound);
    if (stays.length === 0 || nowMs - this.#withdrawnAtMs < 2 * TIMEOUT_MS) return;
    this.#withdrawnAtMs = nowMs;
    this.withdrawals += 1;
    ask();
  }

  #read(node: WholeNode): void {
    const answeredBefore = this.#answeredIndex;
    node.ask(
      (core) => core.read(TIMEOUT_MS, node.nowMs),
      (outcome) => {
        if (outcome.kind !== 'read') return;
        this.reads += 1;
        const text = (): string => `${node.name} read at ${outcome.index}; done was ${answeredBefore}`;
        this.#world.registry.check('ReadFresh', outcome.index >= answeredBefore, text);
      },
    );
  }

  #ask(
    node: WholeNode,
    body: CommandBody,
    override = '',
    onOutcome: (outcome: OperationOutcome) => void = () => undefined,
  ): void {
    node.ask(
      (core) => core.command(body, { operator: 'ada', override, timeoutMs: TIMEOUT_MS }, node.nowMs),
      (outcome) => {
        if (outcome.kind === 'done') {
          this.done += 1;
          this.#answeredIndex = Math.max(this.#answeredIndex, outcome.index);
        }
        onOutcome(outcome);
      },
    );
  }
}
