import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nginxConfig } from '../nginx/nginx-config.ts';
import { ensureSelfSignedCertificate } from '../nginx/self-signed-certificate.ts';
import { findBinary, startNginx, unprivilegedUser } from '../servers/index.ts';
import { portTaken } from './dependencies/dependency.ts';
import { installCommand, installPackage } from './dependencies/package-manager.ts';
import type { Fleet } from './fleet.ts';
import { LauncherError } from './launcher-error.ts';
import { isListening } from './port-owner.ts';
import type { Settings } from './settings.ts';
import type { StateFolder } from './state-folder.ts';
import { supervise } from './supervised.ts';
import type { Terminal } from './terminal.ts';

export const NGINX_PACKAGE = { apt: 'nginx', brew: 'nginx' } as const;
/** Far above what a person does, far below what one address may do to a laptop. */
const RATE_LIMIT = { perSecond: 500, burst: 1_000 } as const;

/** nginx with TLS in front of the gateways; started after them, because it remembers a backend that was away. */
export async function addNginx(
  fleet: Fleet,
  settings: Settings,
  state: StateFolder,
  terminal: Terminal,
): Promise<void> {
  const { nginxHttp, nginxHttps, gateway, gatewayReplica, meshRpc } = settings.ports;
  for (const [name, port] of [
    ['nginxHttp', nginxHttp],
    ['nginxHttps', nginxHttps],
  ] as const) {
    if (await isListening(port)) throw portTaken('nginx', name, port);
  }
  const binary = await findNginx();
  // The workers' user has to get to its temporary files, as PostgreSQL's has to its data.
  const folder = join(dirname(state.postgres), 'nginx');
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const workers = unprivilegedUser();
  if (workers !== undefined) chownSync(folder, workers.uid, workers.gid);
  const configFile = join(state.run, 'nginx.conf');
  const logFile = state.logFile('nginx');
  const certificate = await ensureSelfSignedCertificate(state.secrets);
  writeFileSync(
    configFile,
    nginxConfig({
      ...certificate,
      gateways: [`127.0.0.1:${gateway}`, `127.0.0.1:${gatewayReplica}`],
      meshRpc: `127.0.0.1:${meshRpc}`,
      host: '127.0.0.1',
      httpPort: nginxHttp,
      httpsPort: nginxHttps,
      folder,
      accessLog: logFile,
      errorLog: logFile,
      rateLimit: RATE_LIMIT,
      ...(workers === undefined ? {} : { user: `nobody ${nobodyGroup()}` }),
    }),
    { mode: 0o600 },
  );
  const supervised = supervise({
    name: 'nginx',
    url: `http://127.0.0.1:${nginxHttp}`,
    logFile,
    onEvent: terminal.event,
    onChange: () => undefined,
    launch: (onSpawn) => startNginx({ binary, configFile, folder, logFile, httpPort: nginxHttp, onSpawn }),
  });
  await terminal.step(
    'nginx',
    () => fleet.add(supervised),
    () => `https://localhost:${nginxHttps} (${binary})`,
  );
}

/** nginx from the PATH or the package manager. */
export async function findNginx(): Promise<string> {
  const find = (): string | null => findBinary('nginx');
  const found = find() ?? ((await installPackage(NGINX_PACKAGE)) ? find() : null);
  if (found === null) throw new LauncherError('nginx is missing', `get it with \`${installCommand(NGINX_PACKAGE)}\``);
  return found;
}

/** Debian calls the group nogroup, others nobody. */
function nobodyGroup(): string {
  return findBinary('apt-get') === null ? 'nobody' : 'nogroup';
}
