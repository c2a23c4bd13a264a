import type { SimDisk } from '../disk/disk.ts';
import { EventQueue } from '../event-queue.ts';
import { InvariantViolation } from '../invariant.ts';
import type { StopStyle } from '../nemesis/fault.ts';
import type { LinkRule } from '../network/link-rule.ts';
import { SimNetwork } from '../network/network.ts';
import type { NodeClock } from '../node-clock.ts';
import type { SeededRandom } from '../random.ts';
import { TraceRing } from '../trace.ts';
import type { CoreFactory, CoreMessage } from './core-port.ts';
import { Machine } from './machine.ts';
import type { ConsensusHost } from './membership-faults.ts';
import { MembershipOperator } from './operator.ts';
import { ConsensusOracle } from './oracle/oracle.ts';
import { Replica } from './replica.ts';
import { type Recovered, ReplicaStore } from './replica-store.ts';
import type { WorldShape } from './world-shape.ts';

export const TICK_MS = 100;
const RESTART_MS = 500;
const EXTRA_MACHINES_MAX = 3;
const STOP_STYLES = { 'power-clean': 'clean', 'power-torn': 'torn', 'power-reordered': 'reordered' } as const;

type Intact = Extract<Recovered, { kind: 'intact' }>;

/** Machines, the network between them, and everything that can be done to them. */
export class ConsensusWorld implements ConsensusHost {
  readonly queue = new EventQueue();
  readonly trace = new TraceRing();
  readonly oracle = new ConsensusOracle();
  readonly network: SimNetwork<CoreMessage>;
  readonly operator: MembershipOperator;
  readonly shape: WorldShape;
  readonly #random: SeededRandom;
  readonly #createCore: CoreFactory;
  readonly #machines = new Map<string, Machine>();
  readonly #members: { readonly replica: number; readonly isWitness: boolean }[] = [];
  #replicaIds = 0;
  #starts = 0;
  restarts = 0;
  replacements = 0;

  constructor(shape: WorldShape, random: SeededRandom, createCore: CoreFactory) {
    this.shape = shape;
    this.#random = random;
    this.#createCore = createCore;
    this.network = new SimNetwork({
      queue: this.queue,
      random: random.fork('network'),
      isUp: (name) => this.machine(name).replica !== null,
      deliver: (_from, to, message) => this.#deliver(this.machine(to), message),
    });
    this.operator = new MembershipOperator(
      this.queue,
      () => this.#machines.values(),
      () => this.oracle.configuration,
    );
    const total = shape.replicas + shape.witnesses;
    for (let number = 1; number <= total; number++) {
      const isWitness = number > shape.replicas;
      this.#members.push({ replica: number, isWitness });
      this.#addMachine(isWitness);
    }
    const ids = this.#members.map(({ replica }) => String(replica));
    const witnesses = this.#members.filter(({ isWitness }) => isWitness).map(({ replica }) => String(replica));
    this.oracle.configured(0, { voters: ids, outgoing: [], learners: [], witnesses });
    for (const name of this.nodes()) this.start(name);
    this.operator.start();
  }

  nodes(): readonly string[] {
    return [...this.#machines.keys()];
  }

  machines(): IterableIterator<Machine> {
    return this.#machines.values();
  }

  /** The machine of whoever leads the newest term. */
  leader(): Machine | null {
    let found: Machine | null = null;
    let term = -1;
    for (const machine of this.#machines.values()) {
      const status = machine.replica?.core.status();
      if (status?.isLeader !== true || status.term <= term) continue;
      found = machine;
      ({ term } = status);
    }
    return found;
  }

  focus(): readonly string[] {
    const leader = this.leader();
    return leader === null ? [] : [leader.name];
  }

  addRule(rule: LinkRule): () => void {
    return this.network.addRule(rule);
  }

  isUp(node: string): boolean {
    return this.machine(node).replica !== null;
  }

  clock(node: string): NodeClock {
    return this.machine(node).clock;
  }

  disk(node: string): SimDisk {
    return this.machine(node).disk;
  }

  pause(node: string, milliseconds: number): void {
    this.#note(node, 'pause', `${milliseconds.toFixed(0)} ms`);
    this.machine(node).pause(milliseconds);
  }

  slow(node: string, millisecondsPerEvent: number): void {
    this.machine(node).slow(millisecondsPerEvent);
  }

  stop(node: string, style: StopStyle): void {
    const machine = this.machine(node);
    if (machine.replica === null) return;
    this.#note(node, 'stop', style);
    machine.replica.stop();
    machine.replica = null;
    machine.generation++;
    if (style === 'kill') machine.disk.crash();
    else machine.disk.powerLoss(STOP_STYLES[style]);
    this.oracle.quorumHoldsCommitted();
  }

  start(node: string): void {
    const machine = this.machine(node);
    if (machine.replica !== null) return;
    const store = new ReplicaStore(machine.disk);
    const recovered = store.recover();
    if (recovered.kind === 'intact') {
      machine.isDamaged = false;
      this.#run(machine, store, recovered);
      return;
    }
    try {
      if (recovered.kind === 'damaged' || machine.isDamaged) this.#replace(machine, recovered);
      machine.isDamaged = false;
      store.initialize(machine.replicaId);
    } catch (error) {
      if (error instanceof InvariantViolation) throw error;
      this.#note(node, 'cannot start', (error as Error).message);
      this.queue.after(RESTART_MS, () => this.start(node));
      return;
    }
    this.start(node);
  }

  mayDamage(node: string): boolean {
    const { configuration } = this.oracle;
    const machine = this.machine(node);
    if (this.shape.witnesses > 0 || configuration === null || configuration.outgoing.length > 0) return false;
    if (!this.operator.isIdle || [...this.machines()].some(({ isDamaged }) => isDamaged)) return false;
    return configuration.voters.length >= 3 || !configuration.voters.includes(String(machine.replicaId));
  }

  damaged(node: string): void {
    this.#note(node, 'disk damaged');
    this.machine(node).isDamaged = true;
  }

  logFiles(node: string): readonly string[] {
    return this.disk(node)
      .files()
      .filter((file) => file === 'wal');
  }

  snapshotFiles(node: string): readonly string[] {
    return this.disk(node)
      .files()
      .filter((file) => file.startsWith('snapshot'));
  }

  addMember(): void {
    const { replicas, witnesses } = this.shape;
    if (this.#machines.size >= replicas + witnesses + EXTRA_MACHINES_MAX) return;
    const machine = this.#addMachine(false);
    this.start(machine.name);
    this.operator.ask({ kind: 'add', replica: machine.replicaId, isWitness: false });
  }

  removeMember(node: string): void {
    const { replicaId, isWitness } = this.machine(node);
    const { configuration } = this.oracle;
    if (isWitness || configuration === null || configuration.voters.length <= 3 || !this.operator.isIdle) return;
    this.operator.ask({ kind: 'remove', replica: replicaId });
  }

  swapMember(node: string): void {
    const { replicaId, isWitness } = this.machine(node);
    if (isWitness || this.#machines.size > this.shape.replicas + EXTRA_MACHINES_MAX) return;
    const machine = this.#addMachine(false);
    this.start(machine.name);
    this.operator.ask({ kind: 'swap', remove: replicaId, add: machine.replicaId });
  }

  transferLeadership(node: string): void {
    const { replicaId } = this.machine(node);
    this.leader()?.run((replica) => {
      replica.core.transferTo(replicaId);
      replica.pump();
    });
  }

  #run(machine: Machine, store: ReplicaStore, recovered: Intact): void {
    store.settle();
    this.restarts++;
    const { replicaId, isWitness, name } = machine;
    const { snapshot } = recovered;
    const vote = recovered.state.vote === 0 ? null : String(recovered.state.vote);
    this.oracle.logs.restarted(String(replicaId), snapshot, recovered.entries, { term: recovered.state.term, vote });
    this.#note(
      name,
      'start',
      `replica ${replicaId}, term ${recovered.state.term}, ${recovered.entries.length} entries after ${snapshot?.index ?? 0}`,
    );
    const core = this.#createCore({
      replica: replicaId,
      isWitness,
      members: replicaId <= this.#members.length ? this.#members : [],
      recovered,
      random: this.#random.fork(`core ${replicaId} start ${++this.#starts}`).next,
    });
    machine.generation++;
    machine.replica = new Replica(
      {
        id: replicaId,
        isWitness,
        core,
        store,
        oracle: this.oracle,
        trace: this.trace,
        random: this.#random.fork(`replica ${replicaId} ${this.#starts}`),
        nowMs: () => this.queue.nowMs,
        defer: (work) => machine.run(work),
        send: (message) => this.#send(machine, message),
        fail: (reason) => this.#crashed(machine, reason),
        snapshotEntries: this.shape.snapshotEntries,
      },
      snapshot,
    );
    this.#scheduleTick(machine, machine.generation);
  }

  /** The disk is lost, and with it this replica: another one takes its place, under a new id. */
  #replace(machine: Machine, recovered: Recovered): void {
    const old = machine.replicaId;
    this.oracle.damaged(String(old));
    machine.disk.wipe();
    machine.replicaId = ++this.#replicaIds;
    this.oracle.add(String(machine.replicaId), machine.isWitness);
    this.replacements++;
    this.#note(
      machine.name,
      'replaced',
      `${old} by ${machine.replicaId}: ${recovered.kind === 'damaged' ? recovered.reason : 'empty disk'}`,
    );
    if (this.#random.fork(`replace ${old}`).chance(0.5)) {
      this.operator.ask({ kind: 'swap', remove: old, add: machine.replicaId });
      return;
    }
    this.operator.ask({ kind: 'remove', replica: old });
    this.operator.ask({ kind: 'add', replica: machine.replicaId, isWitness: false });
  }

  #crashed(machine: Machine, reason: string): void {
    this.#note(machine.name, 'fatal', reason);
    this.stop(machine.name, 'kill');
    this.queue.after(RESTART_MS, () => this.start(machine.name));
  }

  #scheduleTick(machine: Machine, generation: number): void {
    this.queue.after(machine.clock.realMs(TICK_MS), () => {
      machine.run((replica) => {
        if (machine.generation !== generation) return;
        replica.tick();
        this.#scheduleTick(machine, generation);
      });
    });
  }

  #send(from: Machine, message: CoreMessage): void {
    for (const machine of this.#machines.values()) {
      if (machine.replicaId !== message.to) continue;
      this.network.send(from.name, machine.name, message, message.bytes, message.lane);
      return;
    }
  }

  #deliver(machine: Machine, message: CoreMessage): void {
    if (machine.replicaId === message.to) machine.run((replica) => replica.step(message));
  }

  #addMachine(isWitness: boolean): Machine {
    const replica = ++this.#replicaIds;
    const name = `n${this.#machines.size + 1}`;
    const machine = new Machine(name, replica, isWitness, this.queue, this.#random);
    this.#machines.set(name, machine);
    this.oracle.add(String(replica), isWitness);
    return machine;
  }

  machine(name: string): Machine {
    const machine = this.#machines.get(name);
    if (machine === undefined) throw new Error(`there is no machine ${name}`);
    return machine;
  }

  #note(node: string, event: string, detail?: string): void {
    this.trace.add(this.queue.nowMs, node, event, detail);
  }
}
