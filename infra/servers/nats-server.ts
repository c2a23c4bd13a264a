import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GuardedProcess, startGuarded } from './guarded-process.ts';
import { untilReady } from './readiness.ts';

export interface NatsServerOptions {
  readonly binary: string;
  /** Holds `nats.conf` and JetStream's files. */
  readonly folder: string;
  readonly logFile: string;
  readonly port: number;
  readonly monitorPort: number;
  /** Lines of the `authorization` block; without it anyone on the loopback interface may connect. */
  readonly authorization?: string;
  /** JetStream lines by server version, such as `sync_interval`. */
  readonly jetstream?: Readonly<Record<string, string>>;
  /** Gets the process before it is ready. */
  readonly onSpawn?: (process: GuardedProcess) => void;
}

export interface NatsServer {
  readonly process: GuardedProcess;
  readonly url: string;
  readonly monitorUrl: string;
}

/** Starts nats-server with JetStream on the loopback interface and waits until JetStream is healthy. */
export async function startNatsServer(options: NatsServerOptions): Promise<NatsServer> {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const configFile = join(options.folder, 'nats.conf');
  writeFileSync(configFile, natsConfig(options), { mode: 0o600 });
  const process = startGuarded({
    command: options.binary,
    args: ['-c', configFile],
    logFile: options.logFile,
    stopSignal: 'SIGTERM',
  });
  const monitorUrl = `http://127.0.0.1:${options.monitorPort}`;
  options.onSpawn?.(process);
  await untilReady({
    server: 'nats-server',
    process,
    logFile: options.logFile,
    timeoutMs: 30_000,
    probe: () => probeNats(monitorUrl),
  });
  return { process, url: `nats://127.0.0.1:${options.port}`, monitorUrl };
}

/** Resolves when the monitoring endpoint says that JetStream is healthy. */
export async function probeNats(monitorUrl: string): Promise<void> {
  const response = await fetch(`${monitorUrl}/healthz?js-enabled-only=true`, { signal: AbortSignal.timeout(2_000) });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`healthz answered ${response.status}`);
}

/** The text of `nats.conf`. Payloads up to 4 MiB: a document travels whole. */
export function natsConfig(options: Omit<NatsServerOptions, 'binary' | 'logFile' | 'onSpawn'>): string {
  const jetstream = { store_dir: JSON.stringify(join(options.folder, 'jetstream')), ...options.jetstream };
  return [
    'server_name: peermesh',
    `listen: "127.0.0.1:${options.port}"`,
    `http: "127.0.0.1:${options.monitorPort}"`,
    'max_payload: 4194304',
    'max_pending: 268435456',
    'write_deadline: "10s"',
    'jetstream {',
    ...Object.entries(jetstream).map(([key, value]) => `  ${key}: ${value}`),
    '}',
    ...(options.authorization === undefined ? [] : ['authorization {', options.authorization, '}']),
    '',
  ].join('\n');
}
