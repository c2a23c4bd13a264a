import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { GuardedProcess } from './guarded-process.ts';

const PROBE_INTERVAL_MS = 25;
const TELLING = /\b(\w*Error|FATAL|PANIC|\[emerg\]|cannot|is missing|refused)\b/i;

/** A server did not become ready; `log` is what it said last. */
export class ServerStartError extends Error {
  constructor(server: string, reason: string, log: string, cause?: unknown) {
    super(`${server} ${reason}${log}`, cause === undefined ? {} : { cause });
    this.name = 'ServerStartError';
  }
}

/** Probes until the probe succeeds. Gives up when the process exits or the time is over. */
export async function untilReady(options: {
  readonly server: string;
  readonly process: GuardedProcess;
  readonly logFile: string;
  readonly timeoutMs: number;
  readonly probe: () => Promise<void>;
}): Promise<void> {
  const deadline = performance.now() + options.timeoutMs;
  let lastError: unknown;
  while (performance.now() < deadline) {
    const status = options.process.exitStatus();
    if (status !== null) {
      throw new ServerStartError(options.server, `ended at once (${status.code ?? status.signal})`, lastLines(options));
    }
    try {
      return await options.probe();
    } catch (error) {
      lastError = error;
    }
    await delay(PROBE_INTERVAL_MS);
  }
  await options.process.kill();
  throw new ServerStartError(
    options.server,
    `was not ready after ${options.timeoutMs} ms`,
    lastLines(options),
    lastError,
  );
}

/** The last lines that speak of an error, or the last lines at all. */
function lastLines({ logFile, process }: { readonly logFile: string; readonly process: GuardedProcess }): string {
  try {
    const lines = readFileSync(logFile).subarray(process.logOffset).toString('utf8').trim().split('\n').slice(-40);
    const telling = lines.filter((line) => TELLING.test(line));
    return `: ${(telling.length > 0 ? telling.slice(-2) : lines.slice(-3)).map(summarize).join(' | ')}`;
  } catch {
    return '';
  }
}

/** A line of JSON says it in `err.message`; any other line as it is. */
function summarize(line: string): string {
  try {
    const { err, msg } = JSON.parse(line) as { err?: { message?: string }; msg?: string };
    return err?.message ?? msg ?? line;
  } catch {
    return line.trim();
  }
}
