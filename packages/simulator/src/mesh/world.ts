import type { OverlayMember, OverlayReady } from '@peermesh/overlay';
import { NodeFlag } from '@peermesh/routing';
import { InvariantRegistry } from '../invariant.ts';
import type { StopStyle } from '../nemesis/fault.ts';
import { SimNetwork } from '../network/network.ts';
import { TurnWorld } from '../process-world.ts';
import type { SeededRandom } from '../random.ts';
import { MESH_INVARIANT_NAMES, type MeshInvariant } from './invariants.ts';
import { Ledger } from './ledger.ts';
import { type MeshNodeHost, SimMeshNode } from './mesh-node.ts';
import { type MeshShape, pairKey } from './shape.ts';
import { FRAMING_BYTES, type Wire, wireLane } from './wires.ts';

/** Everybody who runs hears of a committed change within this time. */
export const COMMIT_LAG_MS = 1_000;

/** Overlay nodes as processes on machines, the network between them, and the control group that says who belongs. */
export class MeshWorld extends TurnWorld<SimMeshNode, Wire> implements MeshNodeHost {
  readonly registry = new InvariantRegistry<MeshInvariant>(MESH_INVARIANT_NAMES);
  readonly ledger = new Ledger(this.registry);
  readonly shape: MeshShape;
  readonly network: SimNetwork<Wire>;
  /** Nodes that the control group has removed. */
  readonly evicted = new Set<number>();
  readonly #random: SeededRandom;
  #connections = 0;

  constructor(shape: MeshShape, random: SeededRandom) {
    super();
    this.shape = shape;
    this.#random = random;
    this.network = new SimNetwork({
      queue: this.queue,
      random: random.fork('network'),
      profile: { latencyMs: shape.latencyMs, jitterMs: shape.latencyMs / 4, bytesPerMs: 12_500 },
      isUp: (name) => this.isUp(name),
      deliver: (from, to, message) => this.node(to).receive(from, message),
    });
    for (let id = 1; id <= shape.nodes; id += 1) {
      this.add(new SimMeshNode(id, shape.closed.has(id), this, random.fork(`node ${id}`)));
    }
    for (const node of this.all()) {
      node.members = this.committed();
      this.queue.after(random.between(0, 1_000), () => node.start());
    }
  }

  get lanes(): number {
    return this.shape.lanes;
  }

  nodeById(id: number): SimMeshNode {
    return this.node(`n${id}`);
  }

  override start(name: string): void {
    if (this.isUp(name)) return;
    super.start(name);
    this.queue.after(this.#random.between(100, COMMIT_LAG_MS), () => this.#tell(this.node(name)));
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

  protected end(node: SimMeshNode, style: StopStyle): void {
    node.stop(style === 'kill' && this.#random.chance(0.7));
  }

  #tell(node: SimMeshNode): void {
    if (!node.isUp) return;
    node.act((overlay) => {
      node.members = this.committed();
      overlay.setMembers(node.members, node.nowMs);
    });
  }
}
