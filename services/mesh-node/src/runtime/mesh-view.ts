import type { JoinPolicy, LinkStatus, Mesh, MeshNode, MeshPath, Topology } from '@peermesh/contracts/mesh';
import { meshErrors } from '@peermesh/errors';
import type { MeshCore } from '@peermesh/mesh-core';
import type { Overlay } from '@peermesh/overlay';
import type { Member } from '@peermesh/replication';
import { hasFlag, NodeFlag, type Path, PathFinder } from '@peermesh/routing';
import { waysOf } from '../transport/index.ts';
import type { PeerHealth } from './peer-health.ts';

type Session = NonNullable<MeshCore['session']>;

const POLICIES = { OPEN: 'open', KEY_REQUIRED: 'key_required', CLOSED: 'closed' } as const;
const HEALTHS = { HEALTHY: 'healthy', DEGRADED: 'degraded', CRITICAL: 'critical' } as const;
const CLASS_NAMES = ['control', 'priority', 'bulk'] as const;
const LANE_STATES = { UP: 'up', SUSPECT: 'suspect', DOWN: 'down', PROBATION: 'probation' } as const;
const SHARES = 256;
const QUERY = { k: 4, stretchMax: 1.5 } as const;

/** A policy of the control group as the API names it. */
export function policyOf(policy: keyof typeof POLICIES): JoinPolicy {
  return POLICIES[policy];
}

/** A policy of the API as the control group names it. */
export function controlPolicyOf(policy: JoinPolicy): keyof typeof POLICIES {
  return policy === 'open' ? 'OPEN' : policy === 'closed' ? 'CLOSED' : 'KEY_REQUIRED';
}

/** What one node knows of its mesh, in the shapes of the API. Reads the core, changes nothing. */
export class MeshView {
  readonly #core: MeshCore;
  readonly #now: () => number;
  readonly #health: Pick<PeerHealth, 'isHealthy'>;

  constructor(core: MeshCore, now: () => number, health: Pick<PeerHealth, 'isHealthy'>) {
    this.#core = core;
    this.#now = now;
    this.#health = health;
  }

  /** Null while there is no mesh, or its state has not arrived yet. */
  meshOrNull(): Mesh | null {
    const { session } = this.#core;
    return session === null || !session.isCurrent ? null : this.#mesh(session);
  }

  mesh(): Mesh {
    return this.#mesh(this.#session());
  }

  nodes(): MeshNode[] {
    const session = this.#session();
    const away = new Set(session.plane.unreachable(this.#now()));
    return [...session.plane.state.members.values()]
      .sort((a, b) => a.shortId - b.shortId)
      .map((member) => nodeOf(session, member, away));
  }

  node(reference: string): MeshNode {
    const session = this.#session();
    const away = new Set(session.plane.unreachable(this.#now()));
    return nodeOf(session, this.member(reference), away);
  }

  /** By id, number or name. */
  member(reference: string): Member {
    const { members } = this.#session().plane.state;
    const byNumber = /^[0-9]{1,10}$/.test(reference) ? members.get(Number(reference)) : undefined;
    if (byNumber !== undefined) return byNumber;
    for (const member of members.values()) if (member.nodeId === reference || member.name === reference) return member;
    throw meshErrors.nodeUnknown({ meta: { node: reference } });
  }

  topology(): Topology {
    const { plane } = this.#session();
    const overlay = this.#overlay();
    const graph = overlay.router?.graph;
    const needed = new Set(graph?.nodeIds.filter((_, index) => graph.lastResort?.[index] === 1));
    const nodes = [...plane.state.members.values()].map((member) => {
      const flags = overlay.router?.advertisement(member.shortId)?.advertisement.flags ?? 0;
      return {
        shortId: member.shortId,
        name: member.name,
        region: member.region,
        flags: flagsOf(flags),
        isLastResort: needed.has(member.shortId),
        isReachable: overlay.reaches(member.shortId),
        routeBy: overlay.reaches(member.shortId) ? routeBy(overlay, member.shortId) : null,
      };
    });
    const links: Topology['links'] = [];
    for (let edge = 0; graph !== undefined && edge < graph.edgeCount; edge += 1) {
      const [from, to] = [graph.nodeIds[graph.sources[edge]!]!, graph.nodeIds[graph.targets[edge]!]!];
      const lossPpm =
        overlay.router?.advertisement(from)?.advertisement.links.find(({ peer }) => peer === to)?.lossPpm ?? 0;
      const [latencyUs, spareKbps, cost] = [graph.latencyUs[edge]!, graph.spareKbps[edge]!, graph.costs[edge]!];
      links.push({ from, to, latencyUs, lossPpm, spareKbps, cost });
    }
    return { meshId: plane.state.meshId, nodes: nodes.sort((a, b) => a.shortId - b.shortId), links };
  }

  /** Those that are installed here when `from` is this node; else computed from the topology. */
  paths(from: number, to: number): MeshPath[] {
    const overlay = this.#overlay();
    const paths = from === overlay.shortId ? installed(overlay, to) : computed(overlay, from, to);
    if (paths.length === 0) throw meshErrors.unreachable({ meta: { from, to } });
    return paths;
  }

  /** The first path of each kind to each other member, as installed. */
  *installedPaths(): Iterable<{ readonly to: string; readonly path: MeshPath }> {
    const { overlay } = this.#core;
    if (overlay === null || this.meshOrNull() === null) return;
    for (const { shortId, name, isSelf } of this.nodes()) {
      const kinds = new Set<string>();
      for (const path of isSelf ? [] : installed(overlay, shortId)) {
        if (!kinds.has(path.kind)) yield { to: name, path };
        kinds.add(path.kind);
      }
    }
  }

  /** The name of a member, or the id of a node that is none. */
  nameOf(nodeId: string): string {
    for (const member of this.#core.session?.plane.state.members.values() ?? [])
      if (member.nodeId === nodeId) return member.name;
    return nodeId;
  }

  links(): LinkStatus[] {
    const { overlay, session } = this.#core;
    const members = session?.plane.state.members;
    return (overlay?.links() ?? []).map(({ peer, shortId, isUp, isDialled, stats }) => {
      const lanes = stats.lanes.filter(({ isConnected }) => isConnected);
      const rtts = lanes.filter(({ state }) => state === 'UP').map(({ rttMs }) => rttMs);
      const advertised = overlay?.router
        ?.advertisement(overlay.shortId)
        ?.advertisement.links.find((link) => link.peer === shortId);
      return {
        peer: shortId === 0 ? null : shortId,
        nodeId: peer,
        name: members?.get(shortId)?.name ?? '',
        isUp,
        isHealthy: this.#health.isHealthy(peer),
        isDialled,
        rttMs: rtts.length === 0 ? null : Math.max(0, Math.min(...rtts)),
        lossRatio: advertised === undefined ? null : advertised.lossPpm / 1e6,
        sentBytes: Math.round(lanes.reduce((sum, { sentBytes }) => sum + sentBytes, 0)),
        receivedBytes: Math.round(stats.deliveredBytes),
        queuedBytes: Math.round(stats.queuedBytes),
        lanes: lanes.map(({ lane, trafficClass, state, rttMs }) => ({
          lane,
          class: CLASS_NAMES[trafficClass] ?? 'bulk',
          state: LANE_STATES[state],
          rttMs: state === 'DOWN' ? null : rttMs,
        })),
      };
    });
  }

  #mesh(session: Session): Mesh {
    const { plane, shortId } = session;
    const { state, raftStatus } = plane;
    const nowMs = this.#now();
    const { voters, learners } = plane.replica.configuration;
    return {
      meshId: state.meshId,
      joinPolicy: POLICIES[state.policy],
      health: HEALTHS[plane.health(nowMs)],
      self: shortId,
      leader: raftStatus.leader === 0 ? null : raftStatus.leader,
      term: raftStatus.term,
      members: Math.max(1, state.members.size),
      unreachable: plane.unreachable(nowMs).length,
      voters: [...voters],
      learners: [...learners],
      configurationVersion: state.appliedIndex,
    };
  }

  #session(): Session {
    const { session } = this.#core;
    if (session === null || !session.isCurrent) throw meshErrors.notMember();
    return session;
  }

  #overlay(): Overlay {
    const { overlay } = this.#core;
    if (overlay === null) throw meshErrors.notMember();
    return overlay;
  }
}

/** Bits of an advertisement as the API shows them. */
export function flagsOf(flags: number): Topology['nodes'][number]['flags'] {
  return {
    inbound: hasFlag(flags, NodeFlag.INBOUND),
    relay: hasFlag(flags, NodeFlag.RELAY),
    drain: hasFlag(flags, NodeFlag.DRAIN),
    overload: hasFlag(flags, NodeFlag.OVERLOAD),
  };
}

/** The addresses that a member has said; it keeps several in one text. */
export function addressesOfMember({ address }: Pick<Member, 'address'>): string[] {
  return waysOf(address);
}

function nodeOf(session: Session, member: Member, away: ReadonlySet<number>): MeshNode {
  const { shortId, nodeId, name, region, isDraining } = member;
  const { configuration } = session.plane.replica;
  const { leader } = session.plane.raftStatus;
  const role = configuration.voters.includes(shortId)
    ? 'voter'
    : configuration.learners.includes(shortId)
      ? 'learner'
      : 'none';
  return {
    shortId,
    nodeId,
    name,
    region,
    addresses: addressesOfMember(member),
    state: away.has(shortId) ? 'failed' : 'alive',
    role: leader === shortId ? 'leader' : role,
    isSelf: shortId === session.shortId,
    isDraining,
  };
}

/** Whose route to a member is installed; null for this node itself. */
export function routeBy(overlay: Overlay, to: number): 'router' | 'node' | null {
  if (to === overlay.shortId) return null;
  return overlay.router?.offers.isInstalled(to) === true ? 'router' : 'node';
}

function installed(overlay: Overlay, to: number): MeshPath[] {
  const by = routeBy(overlay, to) ?? 'node';
  const route = overlay.routes?.route(to);
  if (route !== undefined) {
    return route.paths.map((path, index) =>
      pathOf(
        overlay.shortId,
        path,
        index === 0 ? 'primary' : index === route.disjoint?.second ? 'disjoint' : 'alternate',
        by,
      ),
    );
  }
  const forwarding = overlay.routes?.pathTo(to, 0);
  if (forwarding === undefined) return [];
  const hops = [overlay.shortId, ...forwarding.segments];
  return [{ kind: 'primary', hops, cost: 0, latencyUs: 0, share: 1, computedBy: 'node' }];
}

function computed(overlay: Overlay, from: number, to: number): MeshPath[] {
  const graph = overlay.router?.graph;
  if (graph === undefined) return [];
  const { paths } = new PathFinder(graph).query({ source: from, destination: to, ...QUERY });
  return paths.map((path, index) => pathOf(from, path, index === 0 ? 'primary' : 'alternate', 'node'));
}

function pathOf(
  from: number,
  path: Omit<Path, 'id'>,
  kind: MeshPath['kind'],
  computedBy: MeshPath['computedBy'],
): MeshPath {
  const { segments, cost, latencyUs, share } = path;
  return { kind, hops: [from, ...segments], cost, latencyUs, share: share / SHARES, computedBy };
}
