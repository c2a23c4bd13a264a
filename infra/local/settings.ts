import { join, resolve } from 'node:path';
import { PORTS, type PortName } from '../names.ts';
import { LauncherError } from './launcher-error.ts';

/** What the environment tells the launcher. Read once; nothing else in `infra/local` reads the environment. */
export interface Settings {
  readonly checkout: string;
  /** The state folder, `PEERMESH_HOME`. */
  readonly home: string;
  readonly ports: Readonly<Record<PortName, number>>;
  /** Servers that somebody else runs: `PEERMESH_POSTGRES_URL` (superuser), `PEERMESH_NATS_URL`, `PEERMESH_REDIS_URL`. */
  readonly externalUrls: { readonly postgres?: string; readonly nats?: string; readonly redis?: string };
  readonly logLevel: string;
  /** Descriptor of a pipe whose end means that the parent is gone. */
  readonly lifelineFd: number | null;
  /** Whether this is the background process of `start --detach`. */
  readonly isDetached: boolean;
  readonly compileCache: string;
}

export const CHECKOUT = resolve(import.meta.dirname, '../..');

/** Reads the settings. `PEERMESH_PORT_OFFSET` moves all ports, `PEERMESH_<NAME>_PORT` one of them. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const home = resolve(env['PEERMESH_HOME'] ?? join(CHECKOUT, '.peermesh'));
  const offset = integer(env, 'PEERMESH_PORT_OFFSET', 0);
  const ports = Object.fromEntries(
    Object.entries(PORTS).map(([name, port]) => [name, integer(env, portVariable(name), port + offset)]),
  ) as Record<PortName, number>;
  refuseSharedPorts(ports);
  return Object.freeze({
    checkout: CHECKOUT,
    home,
    ports,
    externalUrls: {
      ...optional('postgres', env['PEERMESH_POSTGRES_URL']),
      ...optional('nats', env['PEERMESH_NATS_URL']),
      ...optional('redis', env['PEERMESH_REDIS_URL']),
    },
    logLevel: env['LOG_LEVEL'] ?? 'info',
    lifelineFd: env['PEERMESH_LIFELINE_FD'] === undefined ? null : integer(env, 'PEERMESH_LIFELINE_FD', 3),
    isDetached: env['PEERMESH_DETACHED'] === '1',
    compileCache: env['NODE_COMPILE_CACHE'] ?? join(home, 'cache', 'compile'),
  });
}

/** The variable that moves one port. */
export function portVariable(name: string): string {
  return `PEERMESH_${name
    .replaceAll('-', '_')
    .replaceAll(/([A-Z])/g, '_$1')
    .toUpperCase()}_PORT`;
}

function integer(env: NodeJS.ProcessEnv, key: string, fallback: number): number {
  const text = env[key];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) {
    throw new LauncherError(`${key} is not a number from 0 to 65535`, 'correct or unset it');
  }
  return value;
}

function refuseSharedPorts(ports: Readonly<Record<string, number>>): void {
  const seen = new Map<number, string>();
  for (const [name, port] of Object.entries(ports)) {
    const other = seen.get(port);
    if (other !== undefined) {
      throw new LauncherError(
        `${other} and ${name} both have port ${port}`,
        `set ${portVariable(name)} to another one`,
      );
    }
    seen.set(port, name);
  }
}

function optional<Key extends string>(key: Key, value: string | undefined): { [K in Key]?: string } {
  return value === undefined || value === '' ? {} : ({ [key]: value } as { [K in Key]: string });
}
