import {
  type CommandBody,
  ControlPlane,
  controlStateFlaws,
  DEFAULT_PLANE,
  encodeState,
  type LoggedChange,
  MemoryVolume,
  type PlaneConfig,
  type RequestOptions,
  type RequestOutcome,
} from '@peermesh/replication';
import { introduction } from './commands.ts';

class Node {
  readonly id: number;
  readonly disk = new MemoryVolume();
  plane: ControlPlane | null = null;
  readonly outcomes = new Map<string, RequestOutcome>();
  readonly changes: LoggedChange[] = [];
  removed: string | null = null;
  restored = 0;

  constructor(id: number) {
    this.id = id;
  }

  get up(): ControlPlane {
    if (this.plane === null) throw new Error(`node ${this.id} is down`);
    return this.plane;
  }
}

type Parcel = { readonly atMs: number; readonly run: () => void };

/** Control planes in one process with a clock of their own: messages take 5 ms, writes 3 ms, nothing is random twice. */
export class PlaneNet {
  nowMs = 0;
  readonly nodes = new Map<number, Node>();
  readonly config: PlaneConfig;
  /** Pairs that hear nothing of each other. */
  readonly cut = new Set<string>();
  /** Of ten messages, how many are sent twice, and how many are lost. */
  doubled = 0;
  lost = 0;
  /** Frames of Raft that were sent. */
  framesOfRaft = 0;
  readonly #frames = new Map<number, Uint8Array>();
  #parcels: Parcel[] = [];
  #seed: number;

  constructor(seed: number, config: Partial<PlaneConfig> = {}) {
    this.#seed = seed;
    this.config = { ...DEFAULT_PLANE, benefitMs: 1_000, voterGraceMs: 3_000, ...config };
  }

  readonly random = (): number => {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#seed / 2 ** 32;
  };

  node(id: number): Node {
    const node = this.nodes.get(id);
    if (node === undefined) throw new Error(`there is no node ${id}`);
    return node;
  }

  found(policy: 'OPEN' | 'CLOSED' = 'OPEN'): Node {
    const node = this.start(1, true);
    node.up.hurryElection();
    this.settle(
      node,
      node.up.request(
        { kind: 'create', meshId: 'm', policy, nodeId: 'key-n1', founder: introduction('n1'), joinKeys: [] },
        { timeoutMs: 5_000 },
        this.nowMs,
      ),
    );
    return node;
  }

  /** Lets a node in through a member, and starts it. */
  admit(name: string, via = 1, changes: Parameters<typeof introduction>[1] = {}): Node {
    const body = {
      kind: 'admit',
      meshId: 'm',
      nodeId: `key-${name}`,
      introduction: introduction(name, changes),
      keyHash: '',
    } as const;
    const outcome = this.ask(via, body);
    if (outcome.kind !== 'result' || !outcome.result.isDone) throw new Error(`${name}: ${JSON.stringify(outcome)}`);
    return this.start(outcome.result.value, false);
  }

  start(id: number, isFounder: boolean): Node {
    const node = this.nodes.get(id) ?? new Node(id);
    this.nodes.set(id, node);
    const { config, random } = this;
    node.plane = new ControlPlane({ id, isFounder, config, random, ...node.disk.load() }, this.nowMs);
    node.plane.setWallClock(1_700_000_000_000 + this.nowMs, this.nowMs);
    this.#tellReachability();
    return node;
  }

  stop(id: number): void {
    this.node(id).plane = null;
    this.#tellReachability();
  }

  ask(id: number, body: CommandBody, options: Partial<RequestOptions> = {}): RequestOutcome {
    const node = this.node(id);
    return this.settle(node, node.up.request(body, { timeoutMs: 10_000, ...options }, this.nowMs));
  }

  settle(node: Node, requestId: string): RequestOutcome {
    this.until(() => node.outcomes.has(requestId), `request ${requestId} of ${node.id}`);
    return node.outcomes.get(requestId) as RequestOutcome;
  }

  lastFrameTo(id: number): Uint8Array | undefined {
    return this.#frames.get(id);
  }

  get leader(): Node | undefined {
    return [...this.nodes.values()].find(({ plane }) => plane?.raftStatus.role === 'leader');
  }

  /** The voters, once the leader has nothing left to change. */
  voters(count: number): readonly number[] {
    const voters = (): readonly number[] => this.leader?.up.replica.configuration.voters ?? [];
    const isJoint = (): boolean => (this.leader?.up.replica.configuration.outgoing.length ?? 0) > 0;
    this.until(() => voters().length === count && !isJoint(), `${count} voters`);
    return voters();
  }

  until(holds: () => boolean, what: string, limitMs = 30_000): void {
    const endMs = this.nowMs + limitMs;
    while (!holds()) {
      if (this.nowMs >= endMs) throw new Error(`${what}: not within ${limitMs} ms`);
      this.step();
    }
  }

  run(ms: number): void {
    const endMs = this.nowMs + ms;
    while (this.nowMs < endMs) this.step();
  }

  cutPair(one: number, other: number): void {
    this.cut.add(`${one}-${other}`).add(`${other}-${one}`);
    this.#tellReachability();
  }

  heal(): void {
    this.cut.clear();
    this.#tellReachability();
  }

  /** Everybody has applied the same and has the same bytes. */
  agree(): void {
    const running = [...this.nodes.values()].filter(({ plane, removed }) => plane !== null && removed === null);
    const applied = (): number[] => running.map(({ up }) => up.replica.appliedIndex);
    this.until(() => new Set(applied()).size === 1, 'all replicas at one index');
    const states = new Set(running.map(({ up }) => Buffer.from(encodeState(up.state)).toString('base64')));
    if (states.size !== 1) throw new Error('replicas differ');
  }

  step(): void {
    this.nowMs += 1;
    const due = this.#parcels.filter(({ atMs }) => atMs <= this.nowMs);
    this.#parcels = this.#parcels.filter(({ atMs }) => atMs > this.nowMs);
    for (const { run } of due) run();
    for (const node of this.nodes.values()) {
      const { plane } = node;
      if (plane === null) continue;
      if (this.nowMs >= plane.wakeAtMs) plane.tick(this.nowMs);
      this.#take(node, plane);
    }
  }

  #take(node: Node, plane: ControlPlane): void {
    const ready = plane.takeReady(this.nowMs);
    for (const batch of ready.batches) {
      this.#later(3, () => {
        if (node.plane !== plane) return;
        node.disk.write(batch);
        plane.persisted(batch.number);
      });
    }
    this.framesOfRaft += ready.raft.length;
    for (const { to, bytes } of ready.raft) {
      this.#frames.set(to, bytes.slice());
      this.#carry(node.id, to, (peer) => peer.receiveRaft(node.id, bytes.slice()));
    }
    for (const { to, bytes } of ready.messages)
      this.#carry(node.id, to, (peer) => peer.receive(node.id, bytes, this.nowMs));
    for (const { requestId, outcome } of ready.outcomes) node.outcomes.set(requestId, outcome);
    node.changes.push(...ready.changes);
    node.restored += ready.isRestored ? 1 : 0;
    node.removed = ready.removed;
    // Whoever learns that it is no member any more is gone at once.
    if (node.removed !== null) node.plane = null;
    if (ready.changes.length === 0 && !ready.isRestored) return;
    this.#tellReachability();
    const flaws = controlStateFlaws(plane.state);
    if (flaws.length > 0) throw new Error(flaws.join('; '));
  }

  #carry(from: number, to: number, deliver: (plane: ControlPlane) => void): void {
    const copies = this.random() * 10 < this.lost ? 0 : this.random() * 10 < this.doubled ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      this.#later(5 + copy * 40, () => {
        const plane = this.nodes.get(to)?.plane;
        if (plane && !this.cut.has(`${from}-${to}`)) deliver(plane);
      });
    }
  }

  #later(ms: number, run: () => void): void {
    this.#parcels.push({ atMs: this.nowMs + ms, run });
  }

  #tellReachability(): void {
    for (const one of this.nodes.values()) {
      for (const other of this.nodes.values()) {
        const isReachable = other.plane !== null && !this.cut.has(`${one.id}-${other.id}`);
        one.plane?.reachable(other.id, isReachable, this.nowMs);
      }
    }
  }
}
