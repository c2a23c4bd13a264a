import type { MeshCore, MeshReady } from '@peermesh/mesh-core';
import type { ControlPlane } from '@peermesh/replication';
import { StateBook } from '../control/state-book.ts';
import { InvariantRegistry } from '../invariant.ts';
import { Ledger } from '../mesh/ledger.ts';
import { FRAMING_BYTES, type Wire, wireLane } from '../mesh/wires.ts';
import type { StopStyle } from '../nemesis/fault.ts';
import { SimNetwork } from '../network/network.ts';
import { TurnWorld } from '../process-world.ts';
import type { SeededRandom } from '../random.ts';
import { NODE_INVARIANT_NAMES, type NodeInvariant } from './invariants.ts';
import type { NodeShape } from './shape.ts';
import { WholeNode, type WholeNodeHost } from './whole-node.ts';

/** Whole mesh nodes as processes on machines, and the network between them. Who belongs is for the nodes to agree on. */
export class NodeWorld extends TurnWorld<WholeNode, Wire> implements WholeNodeHost {
  readonly registry = new InvariantRegistry<NodeInvariant>(NODE_INVARIANT_NAMES);
  readonly ledger = new Ledger(this.registry);
  readonly shape: NodeShape;
  /** Short ids that are nobody's any more: they are never given again. */
  readonly removed = new Set<number>();
  readonly network: SimNetwork<Wire>;
  readonly #states = new StateBook(this.registry);
  readonly #observed = new WeakMap<ControlPlane, number>();
  readonly #random: SeededRandom;
  /** Under which each was a member last. */
  readonly #shortIds = new WeakMap<WholeNode, number>();
  #connections = 0;

  constructor(shape: NodeShape, random: SeededRandom) {
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
    for (let number = 1; number <= shape.machines; number += 1) {
      const node = new WholeNode(number, shape.closed.has(number), this, random.fork(`node ${number}`));
      this.add(node);
      this.queue.after(random.between(0, 1_000), () => node.start());
    }
  }

  get lanes(): number {
    return this.shape.lanes;
  }

  /** The member that has a short id now. */
  holderOf(shortId: number): WholeNode | undefined {
    return this.all().find((node) => node.shortId === shortId);
  }

  leader(): WholeNode | undefined {
    const status = ({ core }: WholeNode) => core?.session?.plane.raftStatus;
    const leaders = this.all().filter((node) => status(node)?.role === 'leader');
    return leaders.sort((a, b) => (status(b)?.term ?? 0) - (status(a)?.term ?? 0))[0];
  }

  override focus(): readonly string[] {
    const leader = this.leader();
    return leader === undefined ? [] : [leader.name];
  }

  nextConnection(): number {
    this.#connections += 1;
    return this.#connections;
  }

  listenerAt(address: string): string | undefined {
    return this.all().find((node) => node.address === address)?.name;
  }

  transmit(from: string, to: string, message: Wire): void {
    const bytes = FRAMING_BYTES + (message.kind === 'data' ? message.bytes.length : 0);
    this.network.send(from, to, message, bytes, wireLane(message.lane, message.connection));
  }

  onReady(node: WholeNode, { session }: MeshCore, { deliveries, events }: MeshReady): void {
    if (session !== null) this.#shortIds.set(node, session.shortId);
    const shortId = this.#shortIds.get(node) ?? 0;
    for (const { src, channel, bytes } of deliveries)
      this.ledger.onDelivered(shortId, node.life, src, channel, bytes, this.queue.nowMs);
    for (const event of events) {
      if (event.kind === 'phase') this.note(node.name, 'is', event.phase);
      if (event.kind === 'leader') this.note(node.name, 'leader', `${event.leader} in term ${event.term}`);
      if (event.kind === 'removed') this.note(node.name, 'removed', event.reason);
      if (event.kind === 'changed' && event.change.kind === 'member-removed')
        this.removed.add(event.change.member.shortId);
    }
    if (session === null) return;
    const { plane } = session;
    const applied = plane.replica.appliedIndex;
    if (this.#observed.get(plane) === applied) return;
    this.#observed.set(plane, applied);
    this.#states.observe(
      node.name,
      plane,
      events.filter((event) => event.kind === 'changed'),
    );
  }

  protected end(node: WholeNode, style: StopStyle): void {
    node.stop(style === 'kill' && this.#random.chance(0.7));
  }
}
