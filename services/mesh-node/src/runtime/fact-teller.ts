import type { MeshCore, MeshEvent } from '@peermesh/mesh-core';
import type { Member } from '@peermesh/replication';
import type { SignedAdvertisement } from '@peermesh/routing';
import { hasFlag, NodeFlag } from '@peermesh/routing';
import type { Fact, FactMember } from '../facts/fact.ts';
import { decisionOf } from './decision-of.ts';
import { addressesOfMember, flagsOf, type MeshView } from './mesh-view.ts';
import { PeerHealthReports } from './peer-health-reports.ts';

type Health = 'healthy' | 'degraded' | 'critical';

const TOPOLOGY_EVERY_MS = 1_000;

/** Makes facts of what happens in the mesh, for the database and for other services. */
export class FactTeller {
  readonly #core: MeshCore;
  readonly #view: MeshView;
  readonly #tell: (fact: Fact) => void;
  readonly #wall: () => Date;
  #health: Health = 'healthy';
  #topology = '';
  #revision = 0;
  #topologyAtMs = Number.NEGATIVE_INFINITY;
  #isTopologyDue = false;
  readonly #peers = new PeerHealthReports();

  constructor(options: {
    readonly core: MeshCore;
    readonly view: MeshView;
    readonly tell: (fact: Fact) => void;
    readonly wall: () => Date;
  }) {
    this.#core = options.core;
    this.#view = options.view;
    this.#tell = options.tell;
    this.#wall = options.wall;
  }

  onEvent(event: MeshEvent): void {
    switch (event.kind) {
      case 'changed':
        this.#decided(event);
        this.#changed(event.index, event.change);
        break;
      case 'restored':
        for (const member of this.#members().values()) this.#member('joined', member, member.admittedAtIndex, false);
        this.#mesh();
        break;
      case 'leader':
        this.#mesh();
        break;
      case 'health':
        this.#healthChanged(event.health, event.unreachable.length);
        break;
      case 'reachable':
        this.#liveness(event.shortId, event.isReachable);
        break;
      case 'routing':
        if (event.event.kind === 'installed') this.#linkState(event.event.origin);
        else if (event.event.kind === 'originated') this.#linkState(this.#core.session?.shortId ?? 0);
        else if (event.event.kind === 'computed') this.#isTopologyDue = true;
        break;
      default:
    }
  }

  /** A peer gives this node no sign of life any more, or gives one again. */
  peerHealth(nodeId: string, isHealthy: boolean, nowMs: number): void {
    this.#peers.changed(nodeId, isHealthy);
    this.#tellPeers(nowMs);
  }

  /** Topologies are told at most once a second, and only when nodes or links came or went. */
  tick(nowMs: number): void {
    this.#tellPeers(nowMs);
    if (!this.#isTopologyDue || nowMs < this.#topologyAtMs || this.#view.meshOrNull() === null) return;
    this.#isTopologyDue = false;
    this.#topologyAtMs = nowMs + TOPOLOGY_EVERY_MS;
    const topology = this.#view.topology();
    const shape = JSON.stringify([
      topology.nodes.map(({ shortId }) => shortId),
      topology.links.map(({ from, to }) => [from, to]),
    ]);
    if (shape === this.#topology) return;
    this.#topology = shape;
    this.#revision += 1;
    const { meshId, nodes, links } = topology;
    const observedBy = this.#core.session?.shortId ?? 0;
    const data = { meshId, observedBy, revision: this.#revision, nodes: nodes.length, links: links.length };
    this.#tell({ kind: 'topology', data, topology, at: this.#wall() });
  }

  #tellPeers(nowMs: number): void {
    const observedBy = this.#core.session?.shortId ?? 0;
    for (const { peer, isHealthy: healthy } of this.#peers.takeDue(nowMs)) {
      const member = [...this.#members().values()].find(({ nodeId }) => nodeId === peer);
      if (member === undefined || observedBy === 0) this.#peers.forget(peer);
      else this.#tell({ kind: 'peer_health', data: { ...this.#factOf(member), healthy, observedBy } });
    }
  }

  #members(): ReadonlyMap<number, Member> {
    return this.#core.session?.plane.state.members ?? new Map();
  }

  #changed(index: number, change: Extract<MeshEvent, { kind: 'changed' }>['change']): void {
    if (change.kind === 'member-admitted') this.#member('joined', change.member, index, false);
    if (change.kind === 'member-removed') {
      const { member, why } = change;
      const isOverridden = this.#core.session?.plane.state.overrides.some((override) => override.index === index);
      this.#member(why === 'left' || why === 'replaced' ? 'left' : 'evicted', member, index, isOverridden ?? false);
      this.#withdrawn(member);
      this.#peers.forget(member.nodeId);
    }
    this.#mesh();
  }

  #decided(event: Extract<MeshEvent, { kind: 'changed' }>): void {
    const state = this.#core.session?.plane.state;
    const data = state === undefined ? null : decisionOf(event, state.meshId);
    if (state !== undefined && data !== null) this.#tell({ kind: 'decision', data, incarnation: state.incarnation });
  }

  #member(change: 'joined' | 'left' | 'evicted', member: Member, version: number, override: boolean): void {
    const addresses = addressesOfMember(member);
    this.#tell({ kind: 'member', change, member: this.#factOf(member), addresses, version, override });
  }

  #mesh(): void {
    const mesh = this.#view.meshOrNull();
    if (mesh !== null) this.#tell({ kind: 'mesh', mesh });
  }

  #healthChanged(health: 'HEALTHY' | 'DEGRADED' | 'CRITICAL', unreachable: number): void {
    const mesh = this.#view.meshOrNull();
    const after = health.toLowerCase() as Health;
    const before = this.#health;
    this.#health = after;
    if (mesh === null) return;
    const { meshId, members, self: observedBy } = mesh;
    this.#tell({ kind: 'mesh', mesh });
    if (before !== after)
      this.#tell({ kind: 'health', data: { meshId, before, after, members, unreachable, observedBy } });
  }

  #liveness(shortId: number, recovered: boolean): void {
    const member = this.#members().get(shortId);
    const observedBy = this.#core.session?.shortId ?? 0;
    if (member === undefined || observedBy === 0) return;
    this.#tell({ kind: 'liveness', data: { ...this.#factOf(member), recovered, observedBy } });
  }

  #linkState(origin: number): void {
    const signed = this.#core.overlay?.router?.advertisement(origin);
    const member = this.#members().get(origin);
    const meshId = this.#core.session?.plane.state.meshId;
    if (signed !== undefined && meshId) this.#tell(linkStateOf(meshId, signed, member));
  }

  /** A node that was removed says nothing more; its number is never given again, so this is its last word. */
  #withdrawn(member: Member): void {
    const { router } = this.#core.overlay ?? {};
    const last = router?.advertisement(member.shortId);
    const meshId = this.#core.session?.plane.state.meshId;
    if (last === undefined || !meshId) return;
    const { data } = linkStateOf(meshId, last, member);
    const version = { epoch: data.version.epoch, sequence: data.version.sequence + 1 };
    this.#tell({ kind: 'link_state', data: { ...data, version, withdrawn: true, links: [] } });
  }

  #factOf({ shortId, nodeId, name, region }: Member): FactMember {
    return { meshId: this.#core.session?.plane.state.meshId ?? '', shortId, nodeId, name, region };
  }
}

function linkStateOf(
  meshId: string,
  { advertisement }: SignedAdvertisement,
  member: Member | undefined,
): Fact & { kind: 'link_state' } {
  const { origin, version, flags, lifetimeMs, links } = advertisement;
  return {
    kind: 'link_state',
    data: {
      meshId,
      origin,
      nodeId: member?.nodeId ?? null,
      name: member?.name ?? '',
      version: { epoch: version.epoch, sequence: version.seq },
      flags: flagsOf(flags),
      withdrawn: hasFlag(flags, NodeFlag.WITHDRAWN),
      region: member?.region ?? '',
      tenant: member?.tenant ?? '',
      lifetimeMs,
      links: links.map((link) => ({ ...link, riskGroups: [...link.riskGroups] })),
    },
  };
}
