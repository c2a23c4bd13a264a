import { join } from 'node:path';
import type { Addresses, ServiceDefinition } from '../catalog.ts';
import { semiSpaceFlags, serviceNodeFlags } from '../node-flags.ts';
import { type GuardedProcess, startGuarded, untilReady } from '../servers/index.ts';
import type { Settings } from './settings.ts';

const READY_TIMEOUT_MS = 60_000;
const SOURCE_CONDITION = '--conditions=@peermesh/source';

/** How one process of a service is started. */
export interface ServiceLaunch {
  /** Of the process: the service's, or `gateway-2`. */
  readonly name: string;
  readonly definition: ServiceDefinition;
  readonly settings: Settings;
  readonly addresses: Addresses;
  /** `<KEY>_FILE` variables. */
  readonly secretFiles: Readonly<Record<string, string>>;
  /** Settings that this fleet wants different from the catalog's. */
  readonly overrides: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Restart on every change of the source. */
  readonly watch: boolean;
}

/** Folder of a service. */
export function serviceFolder(settings: Settings, definition: ServiceDefinition): string {
  return join(settings.checkout, 'services', definition.name);
}

/** The environment of a service's process; nothing of ours leaks into it. */
export function serviceEnvironment(launch: ServiceLaunch): Record<string, string> {
  return {
    ...launch.definition.env(launch.addresses),
    ...launch.secretFiles,
    ...launch.overrides,
    NODE_COMPILE_CACHE: launch.settings.compileCache,
  };
}

/** Starts a service and waits until it says that it is ready. */
export async function launchService(launch: ServiceLaunch, onSpawn: (process: GuardedProcess) => void): Promise<void> {
  const watch = launch.watch ? ['--watch', '--watch-preserve-output'] : [];
  const guarded = startGuarded({
    command: process.execPath,
    args: [...watch, ...serviceNodeFlags(), ...semiSpaceFlags(launch.definition), SOURCE_CONDITION, 'src/main.ts'],
    cwd: serviceFolder(launch.settings, launch.definition),
    env: serviceEnvironment(launch),
    logFile: launch.logFile,
    stopSignal: 'SIGTERM',
  });
  onSpawn(guarded);
  const url = `http://127.0.0.1:${launch.addresses.port}`;
  await untilReady({
    server: launch.name,
    process: guarded,
    logFile: launch.logFile,
    timeoutMs: READY_TIMEOUT_MS,
    probe: async () => void (await probeService(url)),
  });
}

/**
 * Resolves when the service at this base URL is ready; otherwise rejects with the reasons that it gives.
 * @returns the checks that fail without making it unready
 */
export async function probeService(baseUrl: string): Promise<string[]> {
  const response = await fetch(`${baseUrl}/health/ready`, { signal: AbortSignal.timeout(3_000) });
  const text = await response.text();
  const checks = readChecks(text);
  const failing = checks.filter(({ ok }) => !ok);
  if (!response.ok) {
    const reasons = failing.map(({ name, reason }) => `${name}: ${reason ?? 'not ready'}`);
    throw new Error(`not ready (${reasons.join('; ') || `answers ${response.status}`})`);
  }
  return failing.map(({ name }) => name);
}

function readChecks(text: string): readonly { name: string; ok: boolean; reason?: string }[] {
  try {
    return (JSON.parse(text) as { checks?: { name: string; ok: boolean; reason?: string }[] }).checks ?? [];
  } catch {
    return [];
  }
}

/** Runs the one-shot migration of a service to its end. */
export async function migrateService(launch: ServiceLaunch): Promise<void> {
  const guarded = startGuarded({
    command: process.execPath,
    args: [SOURCE_CONDITION, 'src/migrate.ts'],
    cwd: serviceFolder(launch.settings, launch.definition),
    env: serviceEnvironment(launch),
    logFile: launch.logFile,
    stopSignal: 'SIGTERM',
  });
  const { code, signal } = await guarded.exited;
  if (code !== 0) {
    throw new Error(
      `the migration of ${launch.definition.name} failed (${signal ?? `exit code ${code}`}): npm run logs -- ${launch.definition.name}`,
    );
  }
}
