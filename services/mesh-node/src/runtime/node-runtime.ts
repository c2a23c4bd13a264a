import type { Mesh, MeshNode, Topology } from '@peermesh/contracts/mesh';
import { commonErrors, meshErrors, type PeerMeshError } from '@peermesh/errors';
import type { MeshChange, MeshRuntime, RuntimeStatus } from '../ports.ts';
import { routeCounts } from '../router-routes/observe-routes.ts';
import { newJoinSecret } from './administration.ts';
import type { MeshDriver } from './mesh-driver.ts';
import { controlPolicyOf, MeshView, routeBy } from './mesh-view.ts';
import { countersOf } from './node-counters.ts';
import { changeError, joinError } from './outcome-error.ts';
import type { PeerHealth } from './peer-health.ts';
import { removalError } from './removal-error.ts';

const JOIN_TIMEOUT_MS = 20_000;

/** The mesh as this process runs it: reads from memory, changes through the control group. */
export class NodeRuntime implements MeshRuntime {
  readonly view: MeshView;
  readonly #driver: MeshDriver;
  readonly #now: () => number;
  readonly #name: string;
  readonly #listens: readonly string[];
  readonly #watchers = new Set<(change: MeshChange) => void>();

  constructor(options: {
    readonly driver: MeshDriver;
    readonly now: () => number;
    readonly name: string;
    readonly listens: readonly string[];
    readonly health: PeerHealth;
  }) {
    this.#driver = options.driver;
    this.#now = options.now;
    this.#name = options.name;
    this.#listens = options.listens;
    this.view = new MeshView(options.driver.core, options.now, options.health);
  }

  status(): RuntimeStatus {
    const { core } = this.#driver;
    return {
      nodeId: core.nodeId,
      name: this.#name,
      state: core.phase,
      listens: [...this.#listens],
      mesh: this.view.meshOrNull(),
      links: this.view.links(),
      counters: countersOf(core),
      routes: this.#routes(),
    };
  }

  async seed({
    meshId,
    joinPolicy,
  }: Parameters<MeshRuntime['seed']>[0]): Promise<{ mesh: Mesh; joinKey: string | null }> {
    this.#assertDisk();
    const secret = joinPolicy === 'key_required' ? newJoinSecret() : null;
    const joinKeys = secret === null ? [] : [{ id: 'first', secret, expiresAtMs: 0, usesMax: 0 }];
    const policy = controlPolicyOf(joinPolicy);
    const outcome = await this.#driver.operation((core, nowMs) => core.seed({ meshId, policy, joinKeys }, nowMs));
    if (outcome.kind !== 'done') throw changeError(outcome);
    return { mesh: this.mesh(), joinKey: secret };
  }

  async join({ meshId, addresses, joinKey }: Parameters<MeshRuntime['join']>[0]): Promise<Mesh> {
    this.#assertDisk();
    const wish = { meshId, addresses, secret: joinKey ?? '', timeoutMs: JOIN_TIMEOUT_MS };
    const outcome = await this.#driver.operation((core, nowMs) => core.join(wish, nowMs));
    if (outcome.kind !== 'done') throw joinError(outcome);
    return this.mesh();
  }

  async leave(operator: string): Promise<void> {
    const shortId = this.#driver.core.session?.shortId ?? 0;
    await this.#change((core, nowMs) => core.leave({ operator }, nowMs), shortId);
  }

  mesh(): Mesh {
    return this.view.mesh();
  }

  nodes(): readonly MeshNode[] {
    return this.view.nodes();
  }

  node(reference: string): MeshNode {
    return this.view.node(reference);
  }

  async evict(reference: string, { operator, override }: { operator: string; override: boolean }): Promise<void> {
    const { shortId } = this.view.member(reference);
    const why = { operator, ...(override ? { override: `asked for by ${operator}` } : {}) };
    await this.#change((core, nowMs) => {
      const isLeaderless = core.session?.plane.raftStatus.leader === 0;
      // Without a majority there is nobody to ask: this node goes on without the lost one, if it may.
      if (isLeaderless && why.override !== undefined)
        return core.recover([shortId], { operator, override: why.override }, nowMs);
      return core.command({ kind: 'evict', shortId, note: '' }, why, nowMs);
    }, shortId);
  }

  async drain(reference: string, isDraining: boolean, operator: string): Promise<void> {
    const { shortId } = this.view.member(reference);
    await this.#change((core, nowMs) => core.command({ kind: 'drain', shortId, isDraining }, { operator }, nowMs));
  }

  topology(): Topology {
    return this.view.topology();
  }

  paths(from: string | null, to: string): ReturnType<MeshRuntime['paths']> {
    const source = from === null ? this.view.mesh().self : this.view.member(from).shortId;
    const target = this.view.member(to).shortId;
    if (source === target) throw pathToItself();
    return { from: source, to: target, paths: this.view.paths(source, target) };
  }

  async trace(to: string, timeoutMs: number): ReturnType<MeshRuntime['trace']> {
    const { shortId } = this.view.member(to);
    if (this.view.mesh().self === shortId) throw pathToItself();
    const { overlay } = this.#driver.core;
    const computedBy = overlay === null ? null : routeBy(overlay, shortId);
    const outcome = await this.#driver.operation((core, nowMs) => core.trace(shortId, timeoutMs, nowMs));
    if (outcome.kind !== 'traced') throw changeError(outcome);
    const names = new Map(this.view.nodes().map((node) => [node.shortId, node.name]));
    return {
      to: shortId,
      computedBy,
      hops: outcome.hops.map((hop) => ({ ...hop, name: names.get(hop.shortId) ?? '' })),
    };
  }

  watch(listener: (change: MeshChange) => void): () => void {
    this.#watchers.add(listener);
    return () => void this.#watchers.delete(listener);
  }

  /** Tells those who watch. */
  changed(change: MeshChange): void {
    for (const watcher of this.#watchers) watcher(change);
  }

  #routes(): RuntimeStatus['routes'] {
    const { core } = this.#driver;
    const inUse = core.overlay?.router?.offers.inUse ?? null;
    const ageMs = inUse === null ? null : this.#now() - inUse.confirmedAtMs;
    return { ...routeCounts(core), routerAgeSeconds: ageMs === null ? null : Math.max(0, ageMs / 1000) };
  }

  /** @param removing the member that the change removes; 0 for none */
  async #change(begin: Parameters<MeshDriver['operation']>[0], removing = 0): Promise<void> {
    this.#assertDisk();
    const outcome = await this.#driver.operation(begin);
    if (outcome.kind !== 'done') throw removalError(this.#driver, outcome, removing);
  }

  #assertDisk(): void {
    const { failure } = this.#driver.persistence;
    if (failure !== null) throw meshErrors.storageFailed({ internal: String(failure) });
  }
}

function pathToItself(): PeerMeshError {
  const detail = 'A path leads to another node: here both ends are the same one.';
  return commonErrors.validationFailed({
    detail,
    errors: [{ pointer: '/querystring/to', message: 'must be another node' }],
  });
}
