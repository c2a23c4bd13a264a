import { NodeFlag, type Router } from '@peermesh/routing';
import { SimNetwork } from '../network/network.ts';
import { ProcessWorld } from '../process-world.ts';
import type { SeededRandom } from '../random.ts';
import { Adversary } from './adversary.ts';
import { LinkWatch } from './link-watch.ts';
import { RoutingNode } from './routing-node.ts';
import { RoutingOracle } from './routing-oracle.ts';
import { SignatureBook } from './test-signer.ts';
import type { PhysicalLink, RoutingShape } from './world-shape.ts';

const NETWORK = { latencyMs: 3, jitterMs: 2, bytesPerMs: 12_500 };
/** Every node learns of a change of membership within this time. */
const MEMBERSHIP_LAG_MS = 2_000;

/** Router processes on machines, the links between them, and everything that can be done to them. */
export class RoutingWorld extends ProcessWorld<RoutingNode, Uint8Array> {
  readonly book = new SignatureBook();
  readonly oracle = new RoutingOracle(this.book, this.trace, () => this.queue.nowMs);
  readonly network: SimNetwork<Uint8Array>;
  readonly shape: RoutingShape;
  readonly adversary: Adversary;
  readonly members = new Set<number>();
  readonly #random: SeededRandom;
  readonly #links = new Map<string, PhysicalLink>();

  constructor(shape: RoutingShape, random: SeededRandom) {
    super();
    this.shape = shape;
    this.#random = random;
    this.network = new SimNetwork({
      queue: this.queue,
      random: random.fork('network'),
      profile: NETWORK,
      isUp: (name) => this.isUp(name),
      deliver: (from, to, bytes) => this.deliver(this.node(from).id, this.node(to).id, bytes),
    });
    this.adversary = new Adversary(this, random.fork('adversary'));
    for (let id = 1; id <= shape.nodes; id += 1) this.#addNode(id);
    for (const link of shape.links) this.#addLink(link);
    for (const node of this.all()) this.queue.after(random.between(0, 3_000), () => node.start());
  }

  nodeById(id: number): RoutingNode {
    return this.node(`n${id}`);
  }

  running(): RoutingNode[] {
    return this.all().filter(({ isUp }) => isUp);
  }

  links(): readonly PhysicalLink[] {
    return this.shape.links;
  }

  /** Whether a frame would get from one node to a neighbour now. */
  isPassable(from: number, to: number): boolean {
    if (!this.#links.has(linkKey(from, to))) return false;
    const [tail, head] = [this.nodeById(from), this.nodeById(to)];
    return head.isUp && !head.isPaused && this.network.isConnected(tail.name, head.name);
  }

  pause(name: string, milliseconds: number): void {
    this.note(name, 'pause', `${milliseconds.toFixed(0)} ms`);
    this.node(name).pause(milliseconds);
  }

  slow(name: string, millisecondsPerEvent: number): void {
    if (millisecondsPerEvent > 0) this.pause(name, millisecondsPerEvent * 10);
  }

  /** The disk with the boot epoch is lost. */
  wipe(name: string): void {
    this.note(name, 'wipe', '');
    this.node(name).stop();
    this.node(name).bootEpoch = 0;
  }

  setFlags(name: string, flags: number): void {
    const node = this.node(name);
    this.note(name, 'flags', `${flags}`);
    node.flags = flags;
    node.act((router) => router.setFlags(this.queue.nowMs, flags));
  }

  measure(name: string, peer: number, latencyUs: number): void {
    const metrics = { latencyUs, jitterUs: 100, lossPpm: 0, spareKbps: 1_000_000, weight: 0 };
    this.node(name).act((router) => router.linkMeasured(this.queue.nowMs, peer, metrics));
  }

  /** The control group changes the membership; each node hears of it at its own time. */
  setMember(name: string, isMember: boolean): void {
    const { id } = this.node(name);
    this.note(name, isMember ? 'admitted' : 'evicted', '');
    if (isMember) this.members.add(id);
    else this.members.delete(id);
    for (const node of this.all()) {
      this.queue.after(this.#random.between(0, MEMBERSHIP_LAG_MS), () => {
        if (this.members.has(id)) node.members.add(id);
        else node.members.delete(id);
        node.act((router: Router) => router.membersChanged(this.queue.nowMs));
      });
    }
    this.queue.after(MEMBERSHIP_LAG_MS, () => {
      if (!this.members.has(id)) this.oracle.evicted(id, this.running());
    });
  }

  deliver(from: number, to: number, bytes: Uint8Array): void {
    this.nodeById(to).act((router) => router.step(this.queue.nowMs, from, bytes));
  }

  isDraining(id: number): boolean {
    return (this.nodeById(id).flags & NodeFlag.DRAIN) !== 0;
  }

  protected end(node: RoutingNode): void {
    node.stop();
  }

  #addNode(id: number): void {
    const node = new RoutingNode({
      id,
      queue: this.queue,
      book: this.book,
      oracle: this.oracle,
      random: this.#random.fork(`router ${id}`).next,
      send: (from, to, bytes) => {
        this.adversary.overhear(bytes);
        this.network.send(`n${from}`, `n${to}`, bytes, bytes.length);
      },
    });
    this.members.add(id);
    for (let member = 1; member <= this.shape.nodes; member += 1) node.members.add(member);
    this.add(node);
  }

  #addLink(link: PhysicalLink): void {
    const [a, b] = [this.nodeById(link.a), this.nodeById(link.b)];
    this.#links.set(linkKey(link.a, link.b), link);
    const isConnected = (): boolean =>
      this.network.isConnected(a.name, b.name) && this.network.isConnected(b.name, a.name);
    new LinkWatch(this.queue, link, [a, b], isConnected).start(this.#random.between(0, 100));
  }
}

function linkKey(a: number, b: number): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`;
}
