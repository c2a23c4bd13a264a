import {
  type Entry,
  initialConfiguration,
  type Message,
  memorySnapshot,
  RaftNode,
  type RaftOptions,
  type Ready,
  type SnapshotMeta,
} from '@peermesh/consensus';

/** What one replica of the cluster is given besides its id. */
export interface Start {
  readonly voters: readonly number[];
  readonly witnesses?: readonly number[];
  /** Replicas that exist and are no members yet. */
  readonly outside?: readonly number[];
  readonly options?: Partial<RaftOptions>;
}

interface Member {
  readonly node: RaftNode;
  readonly applied: Entry[];
  readonly reads: string[];
  /** Batches that were taken and are not durable yet, while the disk is stopped. */
  readonly held: Ready[];
  isDiskStopped: boolean;
}

const TURNS_MAX = 10_000;

/** Replicas on an instant network with instant disks; both can be stopped. Nothing happens by itself. */
export class Cluster {
  readonly members = new Map<number, Member>();
  readonly sent: Message[] = [];
  /** Whether a message arrives. */
  isDelivered: (message: Message) => boolean = () => true;
  #queue: Message[] = [];

  constructor({ voters, witnesses = [], outside = [], options = {} }: Start) {
    const snapshot: SnapshotMeta = { index: 0, term: 0, configuration: initialConfiguration(voters, witnesses) };
    const all = [...voters, ...witnesses, ...outside];
    for (const [at, id] of all.entries()) {
      const node = new RaftNode({
        id,
        isWitness: witnesses.includes(id),
        ...(outside.includes(id) ? {} : { snapshot }),
        random: () => at / all.length,
        options,
      });
      this.members.set(id, { node, applied: [], reads: [], held: [], isDiskStopped: false });
    }
  }

  member(id: number): Member {
    const member = this.members.get(id);
    if (member === undefined) throw new RangeError(`no replica ${id}`);
    return member;
  }

  node(id: number): RaftNode {
    return this.member(id).node;
  }

  leaders(): number[] {
    return [...this.members].filter(([, { node }]) => node.status().role === 'leader').map(([id]) => id);
  }

  /** Ticks one replica, or all, and lets everything that follows from it happen. */
  tick(times: number, ids: readonly number[] = [...this.members.keys()]): void {
    for (let time = 0; time < times; time += 1) {
      for (const id of ids) this.node(id).tick();
      this.settle();
    }
  }

  /** Makes one replica stand for election, and lets all that follows happen. */
  campaign(id: number): void {
    const before = this.node(id).status();
    for (let ticks = 0; ticks < 20; ticks += 1) {
      this.node(id).tick();
      this.settle();
      const { role, term } = this.node(id).status();
      if (role !== before.role || term !== before.term) return;
    }
  }

  propose(id: number, text: string): ReturnType<RaftNode['propose']> {
    const proposal = this.node(id).propose(new TextEncoder().encode(text));
    this.settle();
    return proposal;
  }

  deliver(message: Message): void {
    this.#queue.push(message);
    this.settle();
  }

  cut(...groups: readonly (readonly number[])[]): void {
    this.isDelivered = ({ from, to }) => groups.some((group) => group.includes(from) && group.includes(to));
  }

  heal(): void {
    this.isDelivered = () => true;
  }

  stopDisk(id: number): void {
    this.member(id).isDiskStopped = true;
  }

  startDisk(id: number): void {
    const member = this.member(id);
    member.isDiskStopped = false;
    for (const ready of member.held.splice(0)) this.#finish(member, ready);
    this.settle();
  }

  /** Until nothing is left to be done. */
  settle(): void {
    for (let turn = 0; turn < TURNS_MAX; turn += 1) {
      let isQuiet = true;
      for (const member of this.members.values()) if (this.#take(member)) isQuiet = false;
      const queue = this.#queue;
      this.#queue = [];
      for (const message of queue) {
        this.sent.push(message);
        if (this.isDelivered(message)) this.members.get(message.to)?.node.step(message);
      }
      if (isQuiet && queue.length === 0) return;
    }
    throw new Error('the cluster does not come to rest');
  }

  #take(member: Member): boolean {
    const ready = member.node.takeReady();
    if (ready === null) return false;
    this.#queue.push(...ready.messages);
    member.applied.push(...ready.committed);
    for (const { context } of ready.reads) member.reads.push(context);
    if (!ready.mustPersist) return true;
    if (member.isDiskStopped) member.held.push(ready);
    else this.#finish(member, ready);
    return true;
  }

  #finish(member: Member, ready: Ready): void {
    member.node.persisted(ready);
    if (ready.snapshot !== null) member.node.snapshotInstalled(memorySnapshot(ready.snapshot));
    this.#queue.push(...ready.messagesAfterPersist);
  }
}

/** The commands that a replica applied, without the marks that begin terms. */
export function commandsOf({ applied }: { readonly applied: readonly Entry[] }): string[] {
  return applied
    .filter(({ kind, data }) => kind === 0 && data.length > 0)
    .map(({ data }) => new TextDecoder().decode(data));
}
