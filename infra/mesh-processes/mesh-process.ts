import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Client, createClient } from '@peermesh/contracts';
import { meshRoutes } from '@peermesh/contracts/mesh';
import { type ExitStatus, freePort, type GuardedProcess, startGuarded, untilReady } from '../servers/index.ts';
import type { LinkSwitch } from './link-switch.ts';
import type { Operator } from './operator.ts';

const CHECKOUT = resolve(import.meta.dirname, '../..');
const READY_TIMEOUT_MS = 60_000;
/** Nothing answers there: a node needs no PostgreSQL, NATS or Redis for the mesh itself. */
const NOWHERE = '127.0.0.1:1';

/** What a mesh process is started with. */
export interface MeshProcessOptions {
  readonly name: string;
  /** False for a node that only dials out. */
  readonly isInbound: boolean;
  /** Its home and its log are in here. */
  readonly folder: string;
  readonly operator: Operator;
  readonly links: LinkSwitch;
  readonly onSpawn: (name: string, pid: number) => void;
  readonly env?: Readonly<Record<string, string>>;
  /** A command that executes the one behind it, such as one that sets a limit first. */
  readonly wrapper?: readonly string[];
}

/** One mesh node as a process of its own: with a disk, ports that stay over restarts, and a log. */
export class MeshProcess {
  readonly name: string;
  readonly url: string;
  /** Where others reach it, through the switch; null for a node that only dials out. */
  readonly address: string | null;
  /** Where it listens itself, past the switch. */
  readonly listenPort: number;
  readonly home: string;
  readonly client: Client<typeof meshRoutes>;
  isAlive = false;
  readonly #options: MeshProcessOptions;
  readonly #logFile: string;
  readonly #port: number;
  #process: GuardedProcess | null = null;

  private constructor(options: MeshProcessOptions, ports: readonly [http: number, listen: number, cable: number]) {
    const [http, listen, cable] = ports;
    this.#options = options;
    this.#port = http;
    this.name = options.name;
    this.url = `http://127.0.0.1:${http}`;
    this.listenPort = listen;
    this.address = options.isInbound ? `ws://127.0.0.1:${cable}` : null;
    this.home = join(options.folder, options.name);
    this.#logFile = join(options.folder, `${options.name}.log`);
    this.client = createClient(meshRoutes, { baseUrl: this.url, token: () => options.operator.token() });
  }

  /** Makes its folder and its way through the switch; it is started by `restart`. */
  static async create(options: MeshProcessOptions): Promise<MeshProcess> {
    const ports = [await freePort(), await freePort(), await freePort()] as const;
    const node = new MeshProcess(options, ports);
    mkdirSync(node.home, { recursive: true, mode: 0o700 });
    if (node.address !== null) await options.links.serve(options.name, ports[2], ports[1]);
    return node;
  }

  get pid(): number {
    return this.#running().pid;
  }

  /** Everything that all its lives have logged. */
  log(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  /** Starts it again on the same disk and ports, and waits until it is ready. */
  async restart(change: Pick<MeshProcessOptions, 'wrapper' | 'env'> = this.#options): Promise<void> {
    const started = this.launch(change);
    await untilReady({
      server: this.name,
      process: started,
      logFile: this.#logFile,
      timeoutMs: READY_TIMEOUT_MS,
      probe: async () => {
        const answer = await fetch(`${this.url}/health/ready`);
        if (!answer.ok) throw new Error(`answers ${answer.status}`);
      },
    });
    this.isAlive = true;
  }

  /** Starts it and does not wait. */
  launch(change: Pick<MeshProcessOptions, 'wrapper' | 'env'> = this.#options): GuardedProcess {
    const { name, operator } = this.#options;
    const command = [process.execPath, '--conditions=@peermesh/source', 'src/main.ts'];
    const [first = '', ...args] = [...(change.wrapper ?? []), ...command];
    this.#process = startGuarded({
      command: first,
      args,
      cwd: join(CHECKOUT, 'services/mesh-node'),
      env: {
        HOST: '127.0.0.1',
        PORT: String(this.#port),
        LOG_LEVEL: 'info',
        INSTANCE_ID: name,
        ...inherited(),
        DATABASE_URL: `postgres://nobody@${NOWHERE}/nothing`,
        NATS_URL: `nats://${NOWHERE}`,
        REDIS_URL: `redis://${NOWHERE}`,
        JWKS_URL: operator.jwksUrl,
        MESH_REVOCATIONS_AGE_MAX_MS: '0',
        MESH_HOME: this.home,
        MESH_NAME: name,
        ...(this.address === null
          ? {}
          : { MESH_LISTEN: `ws://127.0.0.1:${this.listenPort}`, MESH_ADVERTISE: this.address }),
        ...change.env,
      },
      logFile: this.#logFile,
      stopSignal: 'SIGTERM',
    });
    this.#options.onSpawn(name, this.#process.pid);
    return this.#process;
  }

  /** Resolves when the process has ended. */
  exited(): Promise<ExitStatus> {
    return this.#running().exited;
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.isAlive = false;
    await this.#process?.kill();
  }

  async stop(): Promise<void> {
    this.isAlive = false;
    // A process that stands still takes no SIGTERM.
    if (this.#process?.exitStatus() === null) process.kill(this.#process.pid, 'SIGCONT');
    await this.#process?.stop();
  }

  /** SIGSTOP: it stands still, its connections stay. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  /** SIGCONT. */
  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** The metric with this name and these labels; 0 when the node does not report it. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    const line = text
      .split('\n')
      .find((candidate) => /^[^ {]+/.exec(candidate)?.[0] === name && wanted.every((part) => candidate.includes(part)));
    return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(' ') + 1));
  }

  #running(): GuardedProcess {
    if (this.#process === null) throw new Error(`${this.name} was never started`);
    return this.#process;
  }
}

/** Where compiled code is kept, and which installation a process belongs to. */
function inherited(): Record<string, string> {
  const names = ['NODE_COMPILE_CACHE', 'PEERMESH_HOME'];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
