import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { serviceNodeFlags } from '@peermesh/infra/node-flags';

const CLOCK_TICK_MS = 10;

/** A process of the benchmark that has said where it listens. */
export interface Running {
  readonly url: string;
  readonly pid: number;
  /** User and system time so far; 0 where the kernel does not tell. */
  cpuMs(): number;
  stop(): Promise<void>;
}

/** Starts a script that prints its URL as its first line, or becomes ready at `options.readyUrl`. */
export async function startProcess(
  script: string,
  options: {
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly readyUrl?: string;
  } = {},
): Promise<Running> {
  const child = spawn(
    process.execPath,
    ['--conditions=@peermesh/source', '--no-warnings', ...serviceNodeFlags(), script, ...(options.args ?? [])],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...options.env },
    },
  );
  const url = options.readyUrl === undefined ? await firstLine(child) : await ready(child, options.readyUrl);
  return {
    url,
    pid: child.pid!,
    cpuMs: () => cpuMs(child.pid!),
    stop: async () => {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [chunk] = (await once(child.stdout!, 'data')) as [Buffer];
  child.stdout!.resume();
  return chunk.toString().trim();
}

async function ready(child: ChildProcess, url: string): Promise<string> {
  child.stdout!.resume();
  const deadline = performance.now() + 20_000;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the process ended with ${child.exitCode}`);
    const answer = await fetch(`${url}/health/ready`).catch(() => null);
    if (answer?.ok === true) return url;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill('SIGKILL');
  throw new Error('the process did not become ready');
}

function cpuMs(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ');
    return (Number(fields[13]) + Number(fields[14])) * CLOCK_TICK_MS;
  } catch {
    return 0;
  }
}
