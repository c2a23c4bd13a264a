import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type GuardedProcess, startGuarded } from './guarded-process.ts';
import { untilReady } from './readiness.ts';

const run = promisify(execFile);

export interface NginxProcessOptions {
  readonly binary: string;
  readonly configFile: string;
  readonly folder: string;
  readonly logFile: string;
  /** Port of the plain server, which answers `/nginx-health`. */
  readonly httpPort: number;
  readonly onSpawn?: (process: GuardedProcess) => void;
}

/** Checks the configuration with `nginx -t`, starts nginx, and waits until it answers. */
export async function startNginx(options: NginxProcessOptions): Promise<GuardedProcess> {
  await checkNginxConfig(options.binary, options.configFile, options.folder);
  const process = startGuarded({
    command: options.binary,
    args: ['-p', options.folder, '-c', options.configFile],
    logFile: options.logFile,
    stopSignal: 'SIGTERM',
  });
  options.onSpawn?.(process);
  await untilReady({
    server: 'nginx',
    process,
    logFile: options.logFile,
    timeoutMs: 10_000,
    probe: () => probeNginx(options.httpPort),
  });
  return process;
}

/** Resolves when nginx itself answers; says nothing about what is behind it. */
export async function probeNginx(httpPort: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${httpPort}/nginx-health`, { signal: AbortSignal.timeout(2_000) });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`nginx answered ${response.status}`);
}

/** Runs `nginx -t`; rejects with what nginx has against the file. */
export async function checkNginxConfig(binary: string, configFile: string, folder: string): Promise<void> {
  try {
    await run(binary, ['-t', '-q', '-p', folder, '-c', configFile]);
  } catch (error) {
    throw new Error(`nginx refuses its configuration: ${(error as { stderr?: string }).stderr?.trim()}`, {
      cause: error,
    });
  }
}
