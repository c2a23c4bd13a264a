import { createHash } from 'node:crypto';
import type { NodeRoutes, RoutePolicy } from '@peermesh/contracts/router';
import { commonErrors } from '@peermesh/errors';
import type { PathConstraints, Version } from '@peermesh/routing';
import type { LabelNumbers } from '../domain/link-state.ts';
import { numbered } from '../domain/numbered-constraints.ts';
import { allOf, policiesBetween } from '../domain/policy.ts';
import type { Clock } from '../ports.ts';
import type { Computation } from './computation.ts';
import type { FollowedMesh } from './topology-follower.ts';

type Basis = readonly (readonly [origin: number, Version])[];

/** What does not depend on when it is asked for. */
type Computed = Pick<NodeRoutes, 'revision' | 'tag' | 'computedAt' | 'basis' | 'routes'>;

export interface RouteServiceOptions {
  readonly computation: Computation;
  readonly clock: Clock;
  /** How long routes may be used after the link states were last known to be the newest, ms. */
  readonly validMs: number;
}

/** All paths of single nodes, for those nodes to install. */
export class RouteService {
  readonly #options: RouteServiceOptions;

  constructor(options: RouteServiceOptions) {
    this.#options = options;
  }

  /** The key of a node as its link state says. @throws PM_COMMON_NOT_FOUND for one that has said nothing about its links */
  keyOf(meshId: string, source: number): string | null {
    return this.#stateOf(this.#options.computation.mesh(meshId), source).nodeId;
  }

  /**
   * @param known `tag` of the answer that the caller has: when it is still right, it is confirmed without being repeated
   * @throws PM_COMMON_NOT_FOUND for a node that has said nothing about its links
   */
  async routesOf(meshId: string, source: number, known?: string): Promise<NodeRoutes> {
    const { computation, clock, validMs } = this.#options;
    const mesh = computation.mesh(meshId);
    const { nodeId } = this.#stateOf(mesh, source);
    const all = await computation.policies(meshId);
    const policies = all.filter((policy) => policy.source === null || policy.source === source);
    const validUntil = new Date(computation.syncedAt.getTime() + validMs);
    const validForMs = Math.max(0, validUntil.getTime() - clock().getTime());
    const shared = { meshId, source, nodeId, validUntil: validUntil.toISOString(), validForMs };
    const tag = tagOf(basisOf(mesh), policies);
    if (known === tag) {
      const computedAt = computation.syncedAt.toISOString();
      return { ...shared, revision: mesh.revision, tag, computedAt, isUnchanged: true, basis: [], routes: [] };
    }
    return { ...shared, isUnchanged: false, ...(await this.#computed(mesh, source, policies)) };
  }

  async #computed(mesh: FollowedMesh, source: number, policies: readonly RoutePolicy[]): Promise<Computed> {
    const { computation } = this.#options;
    const { meshId, labels } = mesh;
    const question = { kind: 'routes', source, policies: policies.map(({ id, version }) => `${id} ${version}`) };
    const kept = (await computation.cache.get(meshId, mesh.revision, question)) as Computed | null;
    if (kept !== null) return kept;
    const computedAt = computation.syncedAt.toISOString();
    const result = await computation.run({
      kind: 'routes',
      meshId,
      source,
      ...constraintsOf(policies, source, labels),
    });
    if (!result.isKnown) throw commonErrors.notFound();
    const computed = {
      revision: result.revision,
      tag: tagOf(result.basis, policies),
      computedAt,
      basis: result.basis.map(([origin, { epoch, seq }]) => ({ origin, version: { epoch, sequence: seq } })),
      routes: result.routes.map((route) => ({ ...route, disjoint: route.disjoint ?? null })) as NodeRoutes['routes'],
    };
    await computation.cache.set(meshId, result.revision, question, computed);
    return computed;
  }

  #stateOf({ nodes }: FollowedMesh, source: number) {
    const known = nodes.get(source);
    if (known === undefined) throw commonErrors.notFound();
    return known.state;
  }
}

function basisOf({ nodes }: FollowedMesh): Basis {
  return Array.from(nodes, ([origin, { state }]) => {
    return [origin, { epoch: state.version.epoch, seq: state.version.sequence }] as const;
  }).sort(([a], [b]) => a - b);
}

/** Link states and policies make the routes; revisions would not do, since they begin anew with another database. */
function tagOf(basis: Basis, policies: readonly RoutePolicy[]): string {
  const hash = createHash('sha256');
  for (const [origin, { epoch, seq }] of basis) hash.update(`${origin} ${epoch} ${seq},`);
  for (const { id, version } of policies) hash.update(`${id} ${version},`);
  return hash.digest('base64url');
}

/** Policies without a destination hold for all; each destination that others name gets those besides. */
function constraintsOf(policies: readonly RoutePolicy[], source: number, labels: LabelNumbers) {
  const general = policies.filter(({ destination }) => destination === null);
  const destinations = new Set(policies.flatMap(({ destination }) => destination ?? []));
  const merged = (some: readonly RoutePolicy[]): PathConstraints =>
    numbered(allOf(some.map(({ constraints }) => constraints)), labels);
  return {
    constraints: general.length === 0 ? null : merged(general),
    constrained: [...destinations].map((destination) => ({
      destination,
      constraints: merged(policiesBetween(policies, { source, destination })),
    })),
  };
}
