import type { PathAnswer, PathRequest } from '@peermesh/contracts/router';
import { numbered } from '../domain/numbered-constraints.ts';
import { allOf, policiesBetween } from '../domain/policy.ts';
import type { Computation } from './computation.ts';

const K_DEFAULT = 4;
const STRETCH_DEFAULT = 1.5;

/** Answers questions for paths, from the cache where the same was asked of the same topology under the same policies. */
export class PathService {
  readonly #computation: Computation;

  constructor(computation: Computation) {
    this.#computation = computation;
  }

  /** Paths between two nodes. @throws PM_COMMON_NOT_FOUND for a mesh that nobody has heard of */
  async paths(meshId: string, request: PathRequest): Promise<PathAnswer> {
    const mesh = this.#computation.mesh(meshId);
    const { source, destination } = request;
    const policies =
      request.applyPolicies === false ? [] : policiesBetween(await this.#computation.policies(meshId), request);
    const constraints = allOf([request.constraints ?? {}, ...policies.map((policy) => policy.constraints)]);
    const { k = K_DEFAULT, stretchMax = STRETCH_DEFAULT, without = {} } = request;
    const question = { kind: 'paths', source, destination, k, stretchMax, constraints, without };
    const { revision } = mesh;
    const kept = (await this.#computation.cache.get(meshId, revision, question)) as Pick<
      PathAnswer,
      'paths' | 'reason'
    > | null;
    const shared = { meshId, source, destination, policies: policies.map(({ id }) => id) };
    if (kept !== null) return { ...shared, revision, ...kept, isCached: true };
    const result = await this.#computation.run({
      kind: 'paths',
      meshId,
      query: {
        source,
        destination,
        k,
        stretchMax,
        constraints: numbered(constraints, mesh.labels),
        without: { nodes: without.nodes ?? [], links: (without.links ?? []) as [number, number][] },
      },
    });
    const answer = { paths: [...result.answer.paths] as PathAnswer['paths'], reason: result.answer.reason ?? null };
    await this.#computation.cache.set(meshId, result.revision, question, answer);
    return { ...shared, revision: result.revision, ...answer, isCached: false };
  }
}
