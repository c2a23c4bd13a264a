import type { OverlayMember, OverlayReady } from '@peermesh/overlay';
import { NodeFlag } from '@peermesh/routing';
import { EventQueue } from '../event-queue.ts';
import { InvariantRegistry } from '../invariant.ts';
import type { ProcessHost, StopStyle } from '../nemesis/fault.ts';
import type { LinkRule } from '../network/link-rule.ts';
import { SimNetwork } from '../network/network.ts';
import type { SeededRandom } from '../random.ts';
import { TraceRing } from '../trace.ts';
import { MESH_INVARIANT_NAMES } from './invariants.ts';
import { Ledger } from './ledger.ts';
import { type MeshNodeHost, SimMeshNode } from './mesh-node.ts';
import { type MeshShape, pairKey } from './shape.ts';
import { FRAMING_BYTES, type Wire, wireLane } from './wires.ts';

/** Everybody who runs hears of a committed change within this time. */
export const COMMIT_LAG_MS = 1_000;

/** Overlay nodes as processes on machines, the network between them, and the control group that says who belongs. */
export class MeshWorld implements ProcessHost, MeshNodeHost {
  readonly queue = new EventQueue();
  readonly trace = new TraceRing();
  readonly registry = new InvariantRegistry(MESH_INVARIANT_NAMES);
  readonly ledger = new Ledger(this.registry);
  readonly shape: MeshShape;
  readonly network: SimNetwork<Wire>;
  /** Nodes that the control group has removed. */
  readonly evicted = new Set<number>();
  readonly #random: SeededRandom;
  readonly #nodes = new Map<string, SimMeshNode>();
  #connections = 0;

  constructor(shape: MeshShape, random: SeededRandom) {
    this.shape = shape;
    this.#random = random;
    this.network = new SimNetwork({
      queue: this.queue,
      random: random.fork('network'),
      profile: { latencyMs: shape.latencyMs, jitterMs: shape.latencyMs / 4, bytesPerMs: 12_500 },
      isUp: (name) => this.node(name).isUp,
      deliver: (from, to, message) => this.node(to).receive(from, message),
    });
    for (let id = 1; id <= shape.nodes; id += 1) {
      const node = new SimMeshNode(id, shape.closed.has(id), this, random.fork(`node ${id}`));
      this.#nodes.set(node.name, node);
    }
    for (const node of this.all()) {
      node.members = this.committed();
      this.queue.after(random.between(0, 1_000), () => node.start());
    }
  }

  get lanes(): number {
    return this.shape.lanes;
  }

  all(): SimMeshNode[] {
    return [...this.#nodes.values()];
  }

  nodes(): readonly string[] {
    return [...this.#nodes.keys()];
  }

  node(name: string): SimMeshNode {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new RangeError(`there is no node ${name}`);
    return node;
  }

  nodeById(id: number): SimMeshNode {
    return this.node(`n${id}`);
  }

  focus(): readonly string[] {
    return [];
  }

  addRule(rule: LinkRule): () => void {
    return this.network.addRule(rule);
  }

  isUp(name: string): boolean {
    return this.node(name).isUp;
  }

  start(name: string): void {
    const node = this.node(name);
    if (node.isUp) return;
    this.note(name, 'start', '');
    node.start();
    this.queue.after(this.#random.between(100, COMMIT_LAG_MS), () => this.#tell(node));
  }

  stop(name: string, style: StopStyle): void {
    this.note(name, 'stop', style);
    this.node(name).stop(style === 'kill' && this.#random.chance(0.7));
  }

  pause(name: string, milliseconds: number): void {
    this.note(name, 'pause', `${milliseconds.toFixed(0)} ms`);
    this.node(name).turns.pause(milliseconds);
  }

  slow(name: string, millisecondsPerEvent: number): void {
    this.node(name).turns.costMs = millisecondsPerEvent;
  }

  /** The control group removes a member or takes it in again; every node hears of it at its own time. */
  setMember(node: SimMeshNode, isMember: boolean): void {
    this.note(node.name, isMember ? 'admitted' : 'evicted', '');
    this.ledger.exempt(node.id);
    if (isMember) this.evicted.delete(node.id);
    else this.evicted.add(node.id);
    for (const other of this.all()) this.queue.after(this.#random.between(0, COMMIT_LAG_MS), () => this.#tell(other));
    this.queue.after(COMMIT_LAG_MS, () => this.ledger.exempt(node.id));
  }

  setDraining(node: SimMeshNode, isDraining: boolean): void {
    this.note(node.name, isDraining ? 'drains' : 'is taken back', '');
    node.isDraining = isDraining;
    node.act((overlay) => overlay.setDraining(isDraining, node.nowMs));
  }

  committed(): OverlayMember[] {
    return this.all()
      .filter(({ id }) => !this.evicted.has(id))
      .map(({ id, nodeId, address }) => {
        const flags = NodeFlag.RELAY | (address === '' ? 0 : NodeFlag.INBOUND);
        return { shortId: id, nodeId, address, flags };
      });
  }

  nextConnection(): number {
    this.#connections += 1;
    return this.#connections;
  }

  listenerAt(address: string): string | undefined {
    return this.all().find((node) => node.address === address)?.name;
  }

  transmit(from: string, to: string, message: Wire): void {
    if (this.shape.apart.has(pairKey(this.node(from).id, this.node(to).id))) return;
    const bytes = FRAMING_BYTES + (message.kind === 'data' ? message.bytes.length : 0);
    this.network.send(from, to, message, bytes, wireLane(message.lane, message.connection));
  }

  onReady(node: SimMeshNode, { deliveries, events }: OverlayReady): void {
    for (const { src, channel, bytes } of deliveries) {
      const isMember = node.members.some(({ shortId }) => shortId === src);
      this.registry.check('MembersOnly', isMember, () => `${node.name} got a message of n${src}`);
      this.ledger.onDelivered(node.id, node.life, src, channel, bytes, this.queue.nowMs);
    }
    for (const event of events) {
      if (event.kind === 'link') this.note(node.name, event.isUp ? 'link up' : 'link down', `n${event.shortId}`);
      if (event.kind === 'self' || event.kind === 'overtaken') this.note(node.name, event.kind, event);
      if (event.kind === 'lane' && event.event.kind === 'lane') this.note(node.name, 'lane', event.event);
    }
  }

  note(name: string, event: string, detail: unknown): void {
    this.trace.add(this.queue.nowMs, name, event, detail);
  }

  #tell(node: SimMeshNode): void {
    if (!node.isUp) return;
    node.act((overlay) => {
      node.members = this.committed();
      overlay.setMembers(node.members, node.nowMs);
    });
  }
}
