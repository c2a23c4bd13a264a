import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PORTS } from '@peermesh/infra/catalog';
import { portVariable } from '@peermesh/infra/local';
import { freePort, temporaryFolder } from '@peermesh/testkit';

const BOOTSTRAP = resolve(import.meta.dirname, '../../infra/local/bootstrap.mjs');
/** Of every port of the catalog, as the environment calls it: `GATEWAY`, `NATS_MONITOR`. */
const PORT_NAMES = Object.keys(PORTS).map((name) => portVariable(name).replace(/^PEERMESH_(.*)_PORT$/, '$1'));

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A local installation of its own: state folder, ports and nothing else in common with others. */
export interface LocalInstallation {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  port(name: string): number;
  /** Runs a command to its end. */
  run(...args: string[]): Promise<CommandResult>;
  /** Starts a command and leaves it running. */
  spawn(...args: string[]): ChildProcess;
  /** Pids of all processes that belong to this installation, found by their command line or their environment. */
  processes(): number[];
  launcherPid(): number;
  /** Stops what runs and deletes the state. */
  remove(): Promise<void>;
}

/** Makes an installation with free ports. */
export async function createLocalInstallation(): Promise<LocalInstallation> {
  const folder = temporaryFolder('launcher');
  const ports: Record<string, number> = {};
  for (const name of PORT_NAMES) ports[name] = await freePort();
  const env = {
    ...process.env,
    PEERMESH_HOME: folder.path,
    PEERMESH_SKIP_INSTALL: '1',
    NODE_V8_COVERAGE: '',
    ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [`PEERMESH_${name}_PORT`, String(port)])),
  };
  const start = (args: readonly string[]): ChildProcess =>
    spawn(process.execPath, [BOOTSTRAP, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const run = (...args: string[]): Promise<CommandResult> => collect(start(args));
  return {
    home: folder.path,
    env,
    run,
    spawn: (...args) => start(args),
    port: (name) => ports[name] ?? 0,
    processes: () => processesOf(folder.path),
    launcherPid: () => Number(readFileSync(join(folder.path, 'run/launcher.pid'), 'utf8')),
    remove: async () => {
      await run('stop');
      folder.remove();
    },
  };
}

/** Waits for the end of a process and gives what it wrote. */
export function collect(child: ChildProcess): Promise<CommandResult> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

function processesOf(home: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => ['cmdline', 'environ'].some((file) => readQuietly(`/proc/${pid}/${file}`).includes(home)))
    .map(Number);
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
