import {
  decodeFrame,
  type Entry,
  GroupHost,
  type HostReady,
  initialConfiguration,
  type Message,
  type OutgoingFrame,
} from '@peermesh/consensus';

interface SentFrame extends OutgoingFrame {
  readonly from: number;
}

interface Member {
  readonly host: GroupHost;
  readonly applied: Map<number, Entry[]>;
  readonly reads: string[];
  /** Batches that are not durable yet while the disk is stopped. */
  readonly held: HostReady[];
  isDiskStopped: boolean;
  batches: HostReady[];
}

/** Hosts on an instant network with instant disks that can be stopped. Nothing happens by itself. */
export class HostCluster {
  readonly members = new Map<number, Member>();
  readonly sent: SentFrame[] = [];
  isDelivered: (from: number, to: number, frame: Uint8Array) => boolean = () => true;
  #queue: SentFrame[] = [];

  constructor(ids: readonly number[], quiesceTicks?: number) {
    for (const [at, id] of ids.entries()) {
      const host = new GroupHost({
        id,
        random: () => at / ids.length,
        ...(quiesceTicks === undefined ? {} : { quiesceTicks }),
      });
      this.members.set(id, { host, applied: new Map(), reads: [], held: [], isDiskStopped: false, batches: [] });
    }
  }

  /** Begins these groups on all hosts. */
  start(groups: readonly number[]): void {
    const configuration = initialConfiguration([...this.members.keys()]);
    for (const { host } of this.members.values())
      for (const group of groups) host.start(group, { snapshot: { index: 0, term: 0, configuration } });
  }

  host(id: number): GroupHost {
    return this.member(id).host;
  }

  member(id: number): Member {
    const member = this.members.get(id);
    if (member === undefined) throw new RangeError(`no host ${id}`);
    return member;
  }

  tick(times: number, ids: readonly number[] = [...this.members.keys()]): void {
    for (let time = 0; time < times; time += 1) {
      for (const id of ids) this.host(id).tick();
      this.settle();
    }
  }

  leaderOf(group: number): number {
    for (const [id, { host }] of this.members) if (host.status(group)?.role === 'leader') return id;
    throw new Error(`group ${group} has no leader`);
  }

  propose(group: number, text: string, id = this.leaderOf(group)): ReturnType<GroupHost['propose']> {
    const proposal = this.host(id).propose(group, new TextEncoder().encode(text));
    this.settle();
    return proposal;
  }

  commandsOf(id: number, group: number): string[] {
    const entries = this.member(id).applied.get(group) ?? [];
    return entries.filter(({ data }) => data.length > 0).map(({ data }) => new TextDecoder().decode(data));
  }

  startDisk(id: number): void {
    const member = this.member(id);
    member.isDiskStopped = false;
    for (const ready of member.held.splice(0)) this.#finish(id, member, ready);
    this.settle();
  }

  /** Messages of frames that left, from `since` on. */
  messagesSince(since: number): { from: number; to: number; group: number; type: Message['type'] }[] {
    return this.sent.slice(since).flatMap(({ from, to, bytes }) => {
      const decoded = decodeFrame(bytes);
      if ('refused' in decoded) throw new Error(decoded.refused);
      return decoded.messages.map(({ group, message }) => ({ from, to, group, type: message.type }));
    });
  }

  /** Until nothing is left to be done. */
  settle(): void {
    for (let round = 0; round < 10_000; round += 1) {
      let isQuiet = true;
      for (const [id, member] of this.members) {
        for (let ready = member.host.takeReady(); ready !== null; ready = member.host.takeReady()) {
          isQuiet = false;
          this.#take(id, member, ready);
        }
      }
      const queue = this.#queue;
      this.#queue = [];
      for (const frame of queue) {
        this.sent.push(frame);
        if (this.isDelivered(frame.from, frame.to, frame.bytes)) this.members.get(frame.to)?.host.received(frame.bytes);
      }
      if (isQuiet && queue.length === 0) return;
    }
    throw new Error('the hosts do not come to rest');
  }

  #take(id: number, member: Member, ready: HostReady): void {
    member.batches.push(ready);
    for (const frame of ready.frames) this.#queue.push({ ...frame, from: id });
    for (const { group, entries } of ready.committed)
      member.applied.set(group, [...(member.applied.get(group) ?? []), ...entries]);
    for (const { group, context } of ready.reads) member.reads.push(`${group}/${context}`);
    if (!ready.mustPersist) return;
    if (member.isDiskStopped) member.held.push(ready);
    else this.#finish(id, member, ready);
  }

  #finish(id: number, member: Member, ready: HostReady): void {
    member.host.persisted(ready.number);
    for (const frame of ready.framesAfterPersist) this.#queue.push({ ...frame, from: id });
  }
}
