import { createHash, createHmac } from 'node:crypto';
import {
  DEFAULT_MESH_CORE,
  type JoinWish,
  MeshCore,
  type MeshCoreConfig,
  type MeshEvent,
  type OperationOutcome,
  type SeedWish,
} from '@peermesh/mesh-core';
import type { OverlayDelivery, OverlaySigner } from '@peermesh/overlay';
import { encodeState, type NodeDescription, voterTarget } from '@peermesh/replication';
import { Disk } from './disk.ts';
import { Wires } from './wires.ts';

export interface TestNode {
  readonly name: string;
  readonly key: Buffer;
  readonly nodeId: string;
  readonly address: string;
  description: NodeDescription;
  disk: Disk;
  core: MeshCore;
  isUp: boolean;
  life: number;
  readonly outcomes: Map<string, OperationOutcome>;
  readonly deliveries: OverlayDelivery[];
  events: MeshEvent[];
}

interface Pending {
  readonly atMs: number;
  readonly run: () => void;
}

const WRITE_MS = 3;

/** Mesh nodes in virtual time, with disks that lose what was not flushed, on a network that can be cut. */
export class MeshNet {
  nowMs = 1_000;
  readonly nodes = new Map<string, TestNode>();
  readonly cuts = new Set<string>();
  readonly #config: MeshCoreConfig;
  readonly #wires = new Wires(this);
  #pending: Pending[] = [];
  #random: number;

  constructor(
    names: readonly string[],
    options: { seed?: number; config?: Partial<MeshCoreConfig>; closed?: readonly string[] } = {},
  ) {
    this.#random = options.seed ?? 1;
    const { plane } = DEFAULT_MESH_CORE;
    const quick = { ...plane, voterGraceMs: 3_000, benefitMs: 3_000 };
    this.#config = { ...DEFAULT_MESH_CORE, plane: quick, doubtMs: 3_000, ...options.config };
    for (const name of names) {
      const key = createHash('sha256').update(name).digest();
      const address = options.closed?.includes(name) === true ? '' : `${name}:7000`;
      const description = {
        name,
        address,
        isInbound: address !== '',
        isRelay: true,
        region: '',
        tenant: '',
        labels: [],
      };
      const parts = {
        name,
        key,
        nodeId: key.toString('base64url'),
        address,
        description,
        disk: new Disk(`disk of ${name}`),
      };
      const node: TestNode = {
        ...parts,
        isUp: true,
        life: 1,
        outcomes: new Map(),
        deliveries: [],
        events: [],
        core: null as never,
      };
      node.core = this.#core(node);
      this.nodes.set(name, node);
    }
  }

  readonly random = (): number => {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#random / 2 ** 32;
  };

  node(name: string): TestNode {
    const node = this.nodes.get(name);
    if (node === undefined) throw new RangeError(`there is no node ${name}`);
    return node;
  }

  shortId(name: string): number {
    return this.node(name).core.session?.shortId ?? 0;
  }

  /** Does what an operator asks for and waits for its outcome. */
  settle(name: string, operation: (core: MeshCore, nowMs: number) => string, withinMs = 40_000): OperationOutcome {
    const node = this.node(name);
    const operationId = operation(node.core, this.nowMs);
    this.until(`operation of ${name}`, () => node.outcomes.has(operationId), withinMs);
    return node.outcomes.get(operationId) as OperationOutcome;
  }

  seed(name: string, wish: Partial<SeedWish> = {}): OperationOutcome {
    return this.settle(name, (core, nowMs) => core.seed({ meshId: 'm', policy: 'OPEN', joinKeys: [], ...wish }, nowMs));
  }

  join(name: string, via: readonly string[], wish: Partial<JoinWish> = {}): OperationOutcome {
    const addresses = via.map((other) => this.node(other).address);
    return this.settle(name, (core, nowMs) => {
      return core.join({ meshId: 'm', addresses, secret: '', timeoutMs: 20_000, ...wish }, nowMs);
    });
  }

  /** The first seeds, all others join through it. */
  form(): this {
    const [first = '', ...others] = this.nodes.keys();
    this.seed(first);
    for (const name of others) {
      const outcome = this.join(name, [first]);
      if (outcome.kind !== 'done') throw new Error(`${name}: ${JSON.stringify(outcome)}`);
    }
    this.until('all voters', () => this.voters.length === voterTarget(this.nodes.size));
    this.converge();
    return this;
  }

  members(): TestNode[] {
    return [...this.nodes.values()].filter(
      ({ isUp, core }) => isUp && core.phase !== 'idle' && core.phase !== 'joining',
    );
  }

  get leader(): TestNode | undefined {
    return this.members().find(({ core }) => core.session?.plane.raftStatus.role === 'leader');
  }

  /** The voters, once that is committed; none while a change is under way. */
  get voters(): readonly number[] {
    const { replica } = this.leader?.core.session?.plane ?? {};
    if (replica === undefined || replica.configuration.outgoing.length > 0) return [];
    return replica.status.commit === replica.status.lastIndex ? replica.configuration.voters : [];
  }

  /** Every running member has a way to every other one, and all have applied the same, byte for byte. */
  converge(withinMs = 60_000): number {
    return this.until('convergence', () => this.#isConverged(), withinMs);
  }

  #isConverged(): boolean {
    const members = this.members();
    const ids = members.map(({ core }) => core.session?.shortId ?? 0);
    const isReached = members.every(({ core }) => ids.every((id) => core.overlay?.reaches(id)));
    const applied = new Set(members.map(({ core }) => core.session?.plane.replica.appliedIndex));
    if (this.leader === undefined || !isReached || applied.size > 1) return false;
    const states = new Set(members.map(({ core }) => hash(core)));
    if (states.size > 1) throw new Error('replicas at one index differ');
    return true;
  }

  kill(name: string): void {
    const node = this.node(name);
    node.isUp = false;
    this.#wires.closeAll(node);
  }

  restart(name: string): void {
    const node = this.node(name);
    if (node.isUp) this.kill(name);
    node.life += 1;
    node.isUp = true;
    node.outcomes.clear();
    node.core = this.#core(node);
  }

  cut(a: string, b: string): void {
    this.cuts.add(`${a} ${b}`).add(`${b} ${a}`);
  }

  /** Two groups that hear nothing of each other. */
  partition(one: readonly string[], other: readonly string[]): void {
    for (const a of one) for (const b of other) this.cut(a, b);
  }

  heal(): void {
    this.cuts.clear();
  }

  isCut(from: string, to: string): boolean {
    return this.cuts.has(`${from} ${to}`);
  }

  /** Runs until the condition holds, at most for so long. Returns how long it took. */
  until(what: string, condition: () => boolean, withinMs = 40_000): number {
    const fromMs = this.nowMs;
    while (!condition()) {
      if (this.nowMs - fromMs > withinMs) throw new Error(`${what}: not within ${withinMs} ms`);
      this.run(1);
    }
    return this.nowMs - fromMs;
  }

  run(forMs: number): void {
    for (let n = 0; n < forMs; n += 1) this.#turn();
  }

  after(ms: number, run: () => void): void {
    this.#pending.push({ atMs: this.nowMs + ms, run });
  }

  #turn(): void {
    this.nowMs += 1;
    const due = this.#pending.filter(({ atMs }) => atMs <= this.nowMs);
    this.#pending = this.#pending.filter(({ atMs }) => atMs > this.nowMs);
    for (const { run } of due) run();
    for (const node of this.nodes.values()) if (node.isUp) this.#serve(node);
  }

  #serve(node: TestNode): void {
    const { core, life } = node;
    if (core.wakeAtMs > this.nowMs) return;
    core.tick(this.nowMs);
    const ready = core.takeReady(this.nowMs);
    for (const batch of ready.batches) {
      this.after(WRITE_MS, () => {
        if (!node.isUp || node.life !== life) return;
        node.disk.write(batch);
        core.persisted(batch.number);
      });
    }
    for (const { connection, bytes } of ready.writes) this.#wires.write(node, connection, bytes);
    for (const { address, lane } of ready.dials) this.#wires.dial(node, address, lane);
    for (const { connection } of ready.closes) this.#wires.close(connection);
    for (const { operationId, outcome } of ready.outcomes) node.outcomes.set(operationId, outcome);
    for (const bytes of ready.spentBatches) bytes.fill(0xee);
    node.deliveries.push(...ready.deliveries);
    node.events.push(...ready.events);
  }

  #core(node: Pick<TestNode, 'nodeId' | 'disk' | 'life' | 'description'>): MeshCore {
    const { nodeId, disk, life: bootEpoch, description } = node;
    const self = {
      nodeId,
      volumeId: disk.volumeId,
      bootEpoch,
      sealingKey: new Uint8Array(32),
      certificate: '',
      description,
    };
    const parts = { self, signer: signerOf(nodeId), random: this.random, config: this.#config, restored: disk.load() };
    const core = new MeshCore(parts, this.nowMs);
    core.setWallClock(1_700_000_000_000 + this.nowMs, this.nowMs);
    return core;
  }
}

function hash({ session }: MeshCore): string {
  const state = session?.plane.state;
  return state === undefined ? '' : createHash('sha256').update(encodeState(state)).digest('hex');
}

/** Keyed hashes in place of Ed25519: quick, and as unforgeable for those who do not know how they are made. */
function signerOf(self: string): OverlaySigner {
  const mac = (nodeId: string, body: Uint8Array): Buffer => createHmac('sha512', nodeId).update(body).digest();
  return {
    sign: (body) => mac(self, body),
    verify: (nodeId, body, signature) => mac(nodeId, body).equals(signature),
  };
}
