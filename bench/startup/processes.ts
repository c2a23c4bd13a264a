import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

interface FleetRecord {
  readonly launcherPid: number;
  readonly processes: readonly { readonly name: string; readonly pid: number | null; readonly state: string }[];
}

const POLL_MS = 5;

/** Watches the launcher's record while the fleet starts: how long each process took from its start until it was ready. */
export class ReadinessWatch {
  readonly #home: string;
  readonly #startedAt = new Map<number, number>();
  readonly #readyMs = new Map<string, number>();
  readonly #ended = new AbortController();
  readonly #running: Promise<void>;

  constructor(home: string) {
    this.#home = home;
    this.#running = this.#watch();
  }

  /** Milliseconds by process name. */
  async stop(): Promise<Readonly<Record<string, number>>> {
    this.#ended.abort();
    await this.#running;
    this.#look();
    return Object.fromEntries(this.#readyMs);
  }

  async #watch(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      this.#look();
      await delay(POLL_MS, undefined, { signal: this.#ended.signal }).catch(() => undefined);
    }
  }

  #look(): void {
    const now = Date.now();
    for (const { name, pid, state } of recordOf(this.#home)?.processes ?? []) {
      if (pid === null) continue;
      if (!this.#startedAt.has(pid)) this.#startedAt.set(pid, startOf(pid) ?? now);
      if (state === 'ready' && !this.#readyMs.has(name))
        this.#readyMs.set(name, now - (this.#startedAt.get(pid) ?? now));
    }
  }
}

/** Proportional set size of the whole fleet in MiB, by process: launcher, stores with all their children, services. */
export function memoryMib(home: string): Readonly<Record<string, number>> {
  const record = recordOf(home);
  if (record === null) throw new Error('the fleet does not run');
  const children = childrenByPid();
  const named = new Map(record.processes.flatMap(({ name, pid }) => (pid === null ? [] : [[pid, name] as const])));
  const result: Record<string, number> = {};
  const add = (pid: number, name: string): void => {
    result[name] = (result[name] ?? 0) + pssMib(pid);
    for (const child of children.get(pid) ?? []) add(child, named.get(child) ?? name);
  };
  const isBelow = (pid: number, parent: number): boolean =>
    (children.get(parent) ?? []).some((child) => child === pid || isBelow(pid, child));
  add(record.launcherPid, 'launcher');
  for (const [pid, name] of named) if (!isBelow(pid, record.launcherPid)) add(pid, name);
  return Object.fromEntries(Object.entries(result).map(([name, mib]) => [name, Math.round(mib)]));
}

function recordOf(home: string): FleetRecord | null {
  const file = join(home, 'run', 'fleet.json');
  if (!existsSync(file)) return null;
  return JSON.parse(readFileSync(file, 'utf8')) as FleetRecord;
}

/** Field 22 of /proc/PID/stat, in clock ticks of 10 ms since the machine started. */
function startOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    const upMs = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1_000;
    return Date.now() - upMs + ticks * 10;
  } catch {
    return null;
  }
}

function childrenByPid(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const line of execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')) {
    const [pid = 0, parent = 0] = line.trim().split(/\s+/).map(Number);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  return children;
}

function pssMib(pid: number): number {
  if (!readdirSync('/proc').includes(String(pid))) return 0;
  const kib = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
  return Number(kib ?? 0) / 1024;
}
