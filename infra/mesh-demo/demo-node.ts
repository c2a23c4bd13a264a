import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, createClient } from '@peermesh/contracts';
import { meshRoutes } from '@peermesh/contracts/mesh';
import { freePort, type GuardedProcess, startGuarded, untilReady } from '../servers/index.ts';
import type { LinkSwitch } from './link-switch.ts';
import type { Operator } from './operator.ts';

/** One process of the demonstration. */
export interface DemoNode {
  readonly name: string;
  readonly url: string;
  /** Null for a node that only dials out. */
  readonly address: string | null;
  readonly process: GuardedProcess;
  readonly client: Client<typeof meshRoutes>;
  isAlive: boolean;
}

const READY_TIMEOUT_MS = 60_000;
/** Nothing answers there: the demonstration runs without PostgreSQL, NATS and Redis. */
const NOWHERE = '127.0.0.1:1';

/** Starts a mesh node as a process of its own, with a disk of its own. */
export async function startDemoNode(options: {
  readonly name: string;
  readonly isInbound: boolean;
  readonly checkout: string;
  readonly folder: string;
  readonly operator: Operator;
  readonly switch: LinkSwitch;
  readonly onSpawn: (name: string, pid: number) => void;
}): Promise<DemoNode> {
  const { name, isInbound, operator } = options;
  const [port, listenPort, cablePort] = [await freePort(), await freePort(), await freePort()];
  const home = join(options.folder, name);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const logFile = join(options.folder, `${name}.log`);
  const address = isInbound ? `ws://127.0.0.1:${cablePort}` : null;
  const process = startGuarded({
    command: globalThis.process.execPath,
    args: ['--conditions=@peermesh/source', 'src/main.ts'],
    cwd: join(options.checkout, 'services/mesh-node'),
    env: {
      HOST: '127.0.0.1',
      PORT: String(port),
      LOG_LEVEL: 'info',
      INSTANCE_ID: name,
      DATABASE_URL: `postgres://nobody@${NOWHERE}/nothing`,
      NATS_URL: `nats://${NOWHERE}`,
      REDIS_URL: `redis://${NOWHERE}`,
      JWKS_URL: operator.jwksUrl,
      MESH_REVOCATIONS_AGE_MAX_MS: '0',
      MESH_HOME: home,
      MESH_NAME: name,
      ...(address === null ? {} : { MESH_LISTEN: `ws://127.0.0.1:${listenPort}`, MESH_ADVERTISE: address }),
    },
    logFile,
    stopSignal: 'SIGTERM',
  });
  options.onSpawn(name, process.pid);
  if (isInbound) await options.switch.serve(name, cablePort, listenPort);
  const url = `http://127.0.0.1:${port}`;
  await untilReady({
    server: name,
    process,
    logFile,
    timeoutMs: READY_TIMEOUT_MS,
    probe: async () => {
      const answer = await fetch(`${url}/health/ready`);
      if (!answer.ok) throw new Error(`answers ${answer.status}`);
    },
  });
  const client = createClient(meshRoutes, { baseUrl: url, token: () => operator.token() });
  return { name, url, address, process, client, isAlive: true };
}
