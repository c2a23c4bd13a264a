import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, VolumeError } from './storage-error.ts';

/** Held by the process that has a volume. */
export interface VolumeLock {
  release(): void;
}

/**
 * Takes the volume for this process: LMDB lets several processes in, the stores of a node count on being alone. The owner is
 * the target of a symbolic link, as in Emacs: made in one step with what it says, and without a block of a disk that may be
 * full. What a process left that was killed is no obstacle.
 * @throws VolumeError `in-use` when another process that runs has it
 */
export function lockVolume(path: string): VolumeLock {
  const link = join(path, 'owner');
  const self = `${process.pid} ${startOf(process.pid) ?? ''}`;
  for (;;) {
    try {
      symlinkSync(self, link);
      return { release: () => rmSync(link, { force: true }) };
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      const owner = readOwner(link);
      if (owner === self) throw new VolumeError('in-use', `this process has the volume in ${path} already`);
      if (owner !== null && isRunning(owner))
        throw new VolumeError('in-use', `process ${owner.split(' ')[0]} has the volume in ${path}`);
      removeOf(owner, link);
    }
  }
}

/** Removes what an owner left, unless another process has done so and taken the volume meanwhile. */
function removeOf(owner: string | null, link: string): void {
  const aside = `${link}.${randomUUID()}`;
  try {
    renameSync(link, aside);
    if (readOwner(aside) !== owner) renameSync(aside, link);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** @returns null when nothing is there, or something else than a link */
function readOwner(link: string): string | null {
  try {
    return readlinkSync(link);
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
    return codeOf(error) === 'EPERM';
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
