import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VolumeError } from './storage-error.ts';

/** Held by the process that has a volume. */
export interface VolumeLock {
  release(): void;
}

/**
 * Takes the volume for this process: LMDB lets several processes in, the stores of a node count on being alone. What a
 * process left that was killed is no obstacle.
 * @throws VolumeError `in-use` when another process that runs has it
 */
export function lockVolume(path: string): VolumeLock {
  const file = join(path, 'owner');
  const self = `${process.pid} ${startOf(process.pid) ?? ''}`;
  for (;;) {
    try {
      writeFileSync(file, self, { flag: 'wx', mode: 0o600 });
      return { release: () => rmSync(file, { force: true }) };
    } catch (error) {
      if (!isExisting(error)) throw error;
      const owner = readOwner(file);
      if (owner !== null && owner !== self && isRunning(owner))
        throw new VolumeError('in-use', `process ${owner.split(' ')[0]} has the volume in ${path}`);
      if (owner === self) throw new VolumeError('in-use', `this process has the volume in ${path} already`);
      rmSync(file, { force: true });
    }
  }
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}

function readOwner(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** Whether the process that wrote this still runs, and is not another one with its number. */
function isRunning(owner: string): boolean {
  const [pid = '', start = ''] = owner.split(' ');
  const now = startOf(Number(pid));
  if (now !== null) return start === '' || now === start;
  try {
    process.kill(Number(pid), 0);
    return start === '';
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * When a process was started, in the kernel's ticks (proc(5), field 22); null where the system does not say, and for one that has
 * ended and that nobody has waited for: as the first process of a container may not.
 */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}
