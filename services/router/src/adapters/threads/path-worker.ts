import { parentPort } from 'node:worker_threads';
import {
  type Advertisement,
  buildGraph,
  DEFAULT_COST_WEIGHTS,
  DEFAULT_PATH_SET,
  type Path,
  PathComputer,
  type PathConstraints,
  PathFinder,
  TopologyBuilder,
  type Version,
} from '@peermesh/routing';
import type {
  ComputedPath,
  ComputedRoute,
  Task,
  TaskResult,
  ThreadReply,
  ThreadRequest,
  TopologyUpdate,
} from './messages.ts';

/** One mesh as this thread computes on it. The graph is built when it is asked for, once for any number of updates. */
class Mesh {
  readonly #builder = new TopologyBuilder(DEFAULT_COST_WEIGHTS);
  readonly #entries = new Map<number, { readonly advertisement: Advertisement; readonly bytes: Uint8Array }>();
  readonly #finder = new PathFinder(buildGraph([]));
  #graph = buildGraph([]);
  #isStale = false;
  revision = 0;

  update({ revision, changed, gone }: TopologyUpdate): void {
    for (const advertisement of changed)
      this.#entries.set(advertisement.origin, { advertisement, bytes: new Uint8Array(0) });
    for (const origin of gone) this.#entries.delete(origin);
    this.revision = revision;
    this.#isStale = true;
  }

  get finder(): PathFinder {
    this.#refresh();
    return this.#finder;
  }

  routes(source: number, constraintsFor: (destination: number) => PathConstraints | null): readonly ComputedRoute[] {
    this.#refresh();
    const computer = new PathComputer(source, DEFAULT_PATH_SET);
    computer.update(this.#graph);
    computer.work(Number.MAX_SAFE_INTEGER);
    const routes: ComputedRoute[] = [];
    for (const change of computer.takeChanges()) {
      if (change.kind !== 'route') continue;
      const { destination, paths, disjoint } = change.route;
      const constraints = constraintsFor(destination);
      if (constraints === null) {
        routes.push({ destination, paths: paths.map(withoutId), disjoint });
        continue;
      }
      const answer = this.#finder.query({ source, destination, ...DEFAULT_PATH_SET, constraints });
      if (answer.paths.length > 0) routes.push({ destination, paths: answer.paths, disjoint: undefined });
    }
    return routes.sort((a, b) => a.destination - b.destination);
  }

  get basis(): (readonly [number, Version])[] {
    const versions = Array.from(this.#entries.values(), ({ advertisement }) => {
      return [advertisement.origin, advertisement.version] as const;
    });
    return versions.sort(([a], [b]) => a - b);
  }

  isKnown(node: number): boolean {
    return this.#entries.has(node);
  }

  #refresh(): void {
    if (!this.#isStale) return;
    this.#graph = this.#builder.build(this.#entries.values());
    this.#finder.update(this.#graph);
    this.#isStale = false;
  }
}

function withoutId({ segments, cost, latencyUs, spareKbps, share }: Path): ComputedPath {
  return { segments, cost, latencyUs, spareKbps, share };
}

const meshes = new Map<string, Mesh>();

function meshOf(meshId: string): Mesh {
  const known = meshes.get(meshId) ?? new Mesh();
  meshes.set(meshId, known);
  return known;
}

function compute(task: Task): TaskResult {
  const mesh = meshOf(task.meshId);
  if (task.kind === 'paths') {
    const answer = mesh.finder.query(task.query);
    return { revision: mesh.revision, answer };
  }
  const own = new Map(task.constrained.map(({ destination, constraints }) => [destination, constraints]));
  const routes = mesh.routes(task.source, (destination) => own.get(destination) ?? task.constraints);
  return { revision: mesh.revision, isKnown: mesh.isKnown(task.source), basis: mesh.basis, routes };
}

parentPort?.on('message', (request: ThreadRequest) => {
  if (request.kind === 'update') {
    meshOf(request.update.meshId).update(request.update);
    return;
  }
  const { id, task } = request;
  let reply: ThreadReply;
  try {
    reply = { id, result: compute(task) };
  } catch (error) {
    reply = { id, error: error instanceof Error ? error.message : String(error) };
  }
  parentPort?.postMessage(reply);
});
