import { type ControlPlane, type NodeIntroduction, type PlaneReady, voterTarget } from '@peermesh/replication';
import { InvariantRegistry } from '../invariant.ts';
import { SimNetwork } from '../network/network.ts';
import { TurnWorld } from '../process-world.ts';
import type { SeededRandom } from '../random.ts';
import { ControlMachine, type ControlMachineHost } from './control-machine.ts';
import { CONTROL_INVARIANT_NAMES, type ControlInvariant } from './invariants.ts';
import { PromiseCheck } from './promise-check.ts';
import type { ControlShape } from './shape.ts';
import { StateBook } from './state-book.ts';

/** A request for a removal is given up after this. */
const REMOVAL_MS = 12_000;
const STEADY_MS = 10_000;

interface Parcel {
  readonly kind: 'raft' | 'plane';
  readonly from: number;
  readonly to: number;
  readonly bytes: Uint8Array;
}

/** Members of a control group as processes on machines that may lose their disks, the network between them, a failure detector. */
export class ControlWorld extends TurnWorld<ControlMachine, Parcel> implements ControlMachineHost {
  readonly registry = new InvariantRegistry<ControlInvariant>(CONTROL_INVARIANT_NAMES);
  readonly shape: ControlShape;
  readonly network: SimNetwork<Parcel>;
  /** Told of every outcome of a request. */
  onOutcome: (machine: ControlMachine, requestId: string, outcome: PlaneReady['outcomes'][number]['outcome']) => void =
    () => undefined;
  /** When a disk was last lost. */
  wipedAtMs = 0;
  /** When a removal was last asked for: it takes a vote away before it is done. */
  removalAskedAtMs = 0;
  readonly #book = new StateBook(this.registry);
  readonly #promises = new PromiseCheck(this.registry);

  constructor(shape: ControlShape, random: SeededRandom) {
    super();
    this.shape = shape;
    this.network = new SimNetwork({
      queue: this.queue,
      random: random.fork('network'),
      isUp: (name) => this.node(name).plane !== null,
      deliver: (_from, to, parcel) => this.#deliver(this.node(to), parcel),
    });
    for (let number = 1; number <= shape.machines; number += 1) {
      const name = `n${number}`;
      this.add(new ControlMachine(name, this, random.fork(name)));
    }
  }

  get writeMs(): number {
    return this.shape.writeMs;
  }

  get snapshotBytes(): number {
    return this.shape.snapshotBytes;
  }

  leader(): ControlMachine | undefined {
    const term = ({ plane }: ControlMachine): number => plane?.raftStatus.term ?? -1;
    const leaders = this.all().filter(({ plane }) => plane?.raftStatus.role === 'leader');
    return leaders.sort((a, b) => term(b) - term(a))[0];
  }

  /**
   * Whether a disk can be lost and the group keeps its quorum whatever fails next: everybody runs and goes by one configuration
   * of members only, and nobody is being removed. Two voters less at a time end a quorum of three, and no protocol helps.
   */
  get isSteady(): boolean {
    if (this.queue.nowMs - this.wipedAtMs < STEADY_MS) return false;
    if (this.queue.nowMs - this.removalAskedAtMs < REMOVAL_MS) return false;
    const texts = new Set<string>();
    for (const { plane } of this.all()) {
      if (plane === null) return false;
      const { configuration } = plane.replica;
      const { voters, outgoing } = configuration;
      if (outgoing.length > 0 || voters.some((voter) => !plane.state.members.has(voter))) return false;
      if (voters.length !== voterTarget(plane.state.members.size)) return false;
      texts.add(JSON.stringify(configuration));
    }
    return texts.size === 1;
  }

  override focus(): readonly string[] {
    const leader = this.leader();
    return leader === undefined ? [] : [leader.name];
  }

  introductionOf({ name, disk: { volumeId } }: ControlMachine): NodeIntroduction {
    const described = {
      name,
      address: `${name}:7000`,
      isInbound: true,
      isRelay: true,
      region: '',
      tenant: '',
      labels: [],
    };
    return { ...described, volumeId, sealingKey: new Uint8Array(32), certificate: '' };
  }

  /** Whether a message from one to the other would arrive now. */
  hears(from: ControlMachine, to: ControlMachine): boolean {
    return to.plane !== null && this.network.isConnected(from.name, to.name);
  }

  /** What each member's failure detector says of the others. */
  detectFailures(): void {
    for (const machine of this.all())
      machine.act((plane) => {
        for (const other of this.all())
          if (other.shortId !== 0 && other !== machine) {
            const isReachable = this.hears(machine, other) && this.hears(other, machine);
            plane.reachable(other.shortId, isReachable, machine.nowMs);
          }
        for (const shortId of plane.state.members.keys())
          if (!this.all().some((other) => other.shortId === shortId)) plane.reachable(shortId, false, machine.nowMs);
      });
  }

  onReady(machine: ControlMachine, plane: ControlPlane, ready: PlaneReady): void {
    const { raft, messages, changes, isRestored, outcomes, removed } = ready;
    if (changes.length > 0 || isRestored) this.#book.observe(machine.name, plane, changes);
    for (const { change } of changes)
      this.note(machine.name, change.kind, 'member' in change ? change.member.shortId : '');
    for (const { to, bytes } of raft) {
      this.#promises.leaving(machine.name, bytes, machine.disk.volume);
      this.#send(machine, { kind: 'raft', from: machine.shortId, to, bytes });
    }
    for (const { to, bytes } of messages) this.#send(machine, { kind: 'plane', from: machine.shortId, to, bytes });
    for (const { requestId, outcome } of outcomes) this.onOutcome(machine, requestId, outcome);
    if (removed === null) return;
    this.note(machine.name, 'removed', removed);
    machine.dismiss();
  }

  protected end(machine: ControlMachine): void {
    machine.stop();
  }

  #send(from: ControlMachine, parcel: Parcel): void {
    const target = this.all().find(({ shortId }) => shortId === parcel.to);
    const lane = parcel.kind === 'plane' ? 1 : 0;
    if (target !== undefined) this.network.send(from.name, target.name, parcel, parcel.bytes.length, lane);
  }

  #deliver(machine: ControlMachine, { kind, from, to, bytes }: Parcel): void {
    if (machine.shortId !== to) return;
    machine.act((plane) => {
      if (kind === 'raft') plane.receiveRaft(from, bytes.slice());
      else plane.receive(from, bytes, machine.nowMs);
    });
  }
}
