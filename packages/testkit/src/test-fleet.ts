import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { ServiceName } from '@peermesh/infra/catalog';
import { PORTS } from '@peermesh/infra/catalog';
import {
  adminTokens,
  createTerminal,
  DATABASE,
  type Fleet,
  portVariable,
  prepareStateFolder,
  readSettings,
  type StateFolder,
  startFleet,
  stateFolder,
} from '@peermesh/infra/local';
import { appRole, databaseUrl } from '@peermesh/infra/postgres';
import { freePort } from '@peermesh/infra/servers';
import { temporaryFolder } from './temporary-folder.ts';

/** Of each log, for whoever reads why a start failed. */
const LOG_END = 2_000;

export interface TestFleetOptions {
  /** Settings of single services that differ from the local defaults. */
  readonly overrides?: Partial<Record<ServiceName, Readonly<Record<string, string>>>>;
  readonly gatewayReplicas?: 1 | 2;
  /** Start these services only. */
  readonly only?: readonly ServiceName[];
}

/** The whole fleet on free ports with stores and state of its own, as `npm start` would start it. */
export interface TestFleet {
  readonly gatewayUrl: string;
  /** Processes by name: stores and services; `kill()` is kill -9, the supervision then starts them again. */
  readonly fleet: Fleet;
  readonly state: StateFolder;
  /** Base URL of one service, past the gateway. */
  serviceUrl(name: ServiceName): string;
  /** URL of the fleet's database: as the application role of a service, or as the superuser. */
  databaseUrl(role: ServiceName | 'superuser'): string;
  /** An access token of the first administrator, renewed before it expires. */
  adminToken(): Promise<string>;
  /** What the supervision said: deaths, restarts. */
  events(): string;
  logOf(name: string): string;
  stop(): Promise<void>;
}

/** Starts the fleet in this process; about ten seconds. */
export async function startTestFleet(options: TestFleetOptions = {}): Promise<TestFleet> {
  const folder = temporaryFolder('fleet');
  // A service that counts what of its code runs is slower by a good part; tests of its own run the same lines.
  delete process.env['NODE_V8_COVERAGE'];
  const env: NodeJS.ProcessEnv = { ...process.env, PEERMESH_HOME: folder.path };
  for (const name of Object.keys(PORTS)) {
    env[portVariable(name)] = String(await freePort());
  }
  const settings = readSettings(env);
  const state = stateFolder(settings.home);
  prepareStateFolder(state);
  let written = '';
  const out = new PassThrough().setEncoding('utf8').on('data', (text: string) => {
    written += text;
  });
  const terminal = createTerminal(out);
  try {
    const fleet = await startFleet({ ...options, settings, state, terminal });
    return {
      fleet,
      state,
      gatewayUrl: fleet.gatewayUrl,
      serviceUrl: (name) => `http://127.0.0.1:${settings.ports[name]}`,
      databaseUrl: (role) =>
        databaseUrl(fleet.stores.postgres.url, {
          database: DATABASE,
          ...(role === 'superuser' ? {} : { user: appRole(role), password: fleet.secrets.services[role].appPassword }),
        }),
      adminToken: adminTokens(fleet.gatewayUrl, fleet.secrets.adminPassword),
      events: () => written,
      logOf: (name) => readFileSync(state.logFile(name), 'utf8'),
      stop: async () => {
        await fleet.stop();
        folder.remove();
      },
    };
  } catch (error) {
    const logs = readdirSync(state.logs).map(
      (name) => `${name}:\n${readFileSync(join(state.logs, name), 'utf8').slice(-LOG_END)}`,
    );
    throw new Error(`the fleet did not start:\n${written}\n${logs.join('\n')}`, { cause: error });
  }
}
