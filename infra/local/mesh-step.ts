import { createClient } from '@peermesh/contracts';
import { type Mesh, meshRoutes, type NodeStatus } from '@peermesh/contracts/mesh';
import { describeError } from './launcher-error.ts';

/** Name of the mesh of a local installation. */
export const LOCAL_MESH = 'local';

/** One node that belongs to the mesh of this machine. */
export interface LocalMeshNode {
  readonly name: string;
  /** Base URL of its API. */
  readonly url: string;
}

/**
 * Forms the mesh of this machine at the first start: the first node seeds it, the others join with its key. Later starts
 * change nothing, because a node keeps its membership on its disk. Returns one line about the mesh.
 */
export async function formLocalMesh(nodes: readonly LocalMeshNode[], token: () => Promise<string>): Promise<string> {
  const clients = await Promise.all(nodes.map(async ({ url }) => client(url, await token())));
  const statuses = await Promise.all(clients.map(async (node) => (await node.getStatus({})).body));
  const [first, ...others] = clients;
  const [seedStatus] = statuses;
  if (first === undefined || seedStatus === undefined) return 'no nodes';
  if (statuses.every(({ state }) => state === 'idle')) {
    const { body } = await first.seed({ body: { meshId: LOCAL_MESH, joinPolicy: 'key_required' } });
    const wish = { meshId: LOCAL_MESH, addresses: seedStatus.listens, joinKey: body.joinKey ?? '' };
    for (const other of others) await other.join({ body: wish });
    return describe((await first.getMesh({})).body);
  }
  const strangers = statuses.filter(({ state }) => state === 'idle').map(({ name }) => name);
  const hint =
    strangers.length === 0 ? '' : `; ${strangers.join(', ')} lost its disk: let it join with \`npm run mesh\``;
  return `${describe(meshOf(statuses))}${hint}`;
}

function client(baseUrl: string, token: string) {
  return createClient(meshRoutes, { baseUrl, token });
}

function meshOf(statuses: readonly NodeStatus[]): Mesh | null {
  return statuses.find(({ mesh }) => mesh !== null)?.mesh ?? null;
}

function describe(mesh: Mesh | null): string {
  return mesh === null ? 'not formed yet' : `mesh ${mesh.meshId}: ${mesh.members} nodes, ${mesh.health}`;
}

/** The same for whoever must go on without a mesh: the reason in place of an error. */
export async function tryToFormLocalMesh(
  nodes: readonly LocalMeshNode[],
  token: () => Promise<string>,
): Promise<string> {
  return formLocalMesh(nodes, token).catch((error: unknown) => `not formed: ${describeError(error)}`);
}
