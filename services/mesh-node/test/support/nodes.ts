import { createMetrics, type MetricsRegistry } from '@peermesh/telemetry';
import { freePort, silentLogger, temporaryFolder, waitFor } from '@peermesh/testkit';
import { loadMeshNodeConfig } from '../../src/config.ts';
import type { Fact } from '../../src/facts/fact.ts';
import { type OpenNode, openNode } from '../../src/runtime/open-node.ts';

/** A node of a test: its disk stays over restarts. */
export interface TestNode {
  readonly name: string;
  readonly address: string;
  readonly home: string;
  readonly facts: Fact[];
  /** What it counts and says of itself. */
  readonly metrics: () => MetricsRegistry;
  /** The running node. */
  open: OpenNode;
  /** Starts it again after it was stopped. */
  reopen(): Promise<void>;
  /** Stops it and starts it again on the same disk and port. */
  restart(): Promise<void>;
  /** Stops it for good and removes its disk. */
  end(): Promise<void>;
}

/** Starts a node on a port of its own, without any other server; its clock on the wall may be off. */
export async function startNode(
  name: string,
  env: Readonly<Record<string, string>> = {},
  clockOffMs = 0,
): Promise<TestNode> {
  const folder = temporaryFolder(`mesh-${name}`);
  const address = env['MESH_LISTEN'] ?? `ws://127.0.0.1:${await freePort()}`;
  const facts: Fact[] = [];
  const config = loadMeshNodeConfig({
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing',
    NATS_URL: 'nats://127.0.0.1:1',
    REDIS_URL: 'redis://127.0.0.1:1',
    JWKS_URL: 'http://127.0.0.1:1/jwks.json',
    MESH_HOME: folder.path,
    MESH_NAME: name,
    MESH_LISTEN: address,
    ...env,
  });
  let metrics = createMetrics({ service: 'mesh-node' });
  const open = (): Promise<OpenNode> => {
    metrics = createMetrics({ service: 'mesh-node' });
    const wallMs = (): number => Date.now() + clockOffMs;
    return openNode(config, { logger: silentLogger(), metrics, tell: (fact) => facts.push(fact), wallMs });
  };
  const node: TestNode = {
    name,
    address,
    home: folder.path,
    facts,
    metrics: () => metrics,
    open: await open(),
    reopen: async () => {
      node.open = await open();
    },
    restart: async () => {
      await node.open.stop();
      await node.reopen();
    },
    end: async () => {
      await node.open.stop();
      folder.remove();
    },
  };
  return node;
}

/** The first of these nodes seeds a mesh, the others join it. */
export async function formMesh(meshId: string, nodes: readonly TestNode[]): Promise<void> {
  const [first, ...others] = nodes;
  if (first === undefined) throw new Error('a mesh needs a node');
  const { joinKey } = await first.open.runtime.seed({ meshId, joinPolicy: 'key_required' });
  for (const { open } of others) await open.runtime.join({ meshId, addresses: [first.address], joinKey });
}

/** Waits until nothing that `claims` asserts is wrong any more. */
export async function eventually(claims: () => void | Promise<void>): Promise<void> {
  const holds = async (): Promise<boolean> => {
    await claims();
    return true;
  };
  await waitFor(holds, { timeoutMs: 60_000 });
}

/** Asks again while the control group cannot decide, as an operator would; only for what may be decided twice. */
export async function decided<T>(ask: () => Promise<T>): Promise<T> {
  const { answer } = await waitFor(async () => ({ answer: await ask() }), { timeoutMs: 60_000 });
  return answer;
}
