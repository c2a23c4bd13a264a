import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { findBinary, freePort, type GuardedProcess, startNatsServer } from '@peermesh/infra/servers';
import { temporaryFolder } from './temporary-folder.ts';

/** A nats-server with JetStream for tests. Its port stays the same over restarts. */
export interface TestNats {
  readonly url: string;
  readonly monitorUrl: string;
  /** Stops it in order and deletes its data. */
  stop(): Promise<void>;
  /** kill -9; `restart` brings it back with its data. */
  kill(): Promise<void>;
  /** Stops it when it runs and starts it again with its data. */
  restart(): Promise<void>;
  /** Stops it when it runs, deletes all streams, and starts it again: a broker that lost everything. */
  wipe(): Promise<void>;
}

/**
 * Starts nats-server. It lets streams reserve more than this disk may hold: tests store little.
 * @param options.version `found` is the one on the PATH; `current` is the one at `PEERMESH_NATS_CURRENT_BIN`
 */
export async function startTestNats(options: { readonly version?: 'found' | 'current' } = {}): Promise<TestNats> {
  const binary = options.version === 'current' ? currentBinary() : findBinary('nats-server');
  if (binary === null) throw new Error('nats-server is not installed: `npm run doctor` names the command that gets it');
  const folder = temporaryFolder('nats');
  const serverOptions = {
    binary,
    folder: folder.path,
    logFile: join(folder.path, 'nats.log'),
    port: await freePort(),
    monitorPort: await freePort(),
    jetstream: { max_file_store: '64GB' },
  };
  const { process: first, url, monitorUrl } = await startNatsServer(serverOptions);
  let server: GuardedProcess = first;
  const restart = async (): Promise<void> => {
    await server.stop();
    server = (await startNatsServer(serverOptions)).process;
  };
  return {
    url,
    monitorUrl,
    restart,
    kill: () => server.kill(),
    wipe: async () => {
      await server.stop();
      rmSync(join(folder.path, 'jetstream'), { recursive: true, force: true });
      await restart();
    },
    stop: async () => {
      await server.stop();
      folder.remove();
    },
  };
}

function currentBinary(): string {
  const path = process.env['PEERMESH_NATS_CURRENT_BIN'];
  if (path === undefined) throw new Error('PEERMESH_NATS_CURRENT_BIN is not set');
  return path;
}
