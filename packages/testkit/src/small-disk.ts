import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './temporary-folder.ts';

const CHUNK = Buffer.alloc(64 * 1024);

/** A disk of its own, in memory. */
export interface SmallDisk {
  readonly path: string;
  /** Takes the rest of its space with a file. @returns the file, which may be removed */
  fill(): string;
  remove(): void;
}

/** Mounts a disk of this size; null where the kernel does not allow it, as for all but root. */
export function smallDisk(name: string, megabytes: number): SmallDisk | null {
  const folder = temporaryFolder(name);
  const { path } = folder;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'peermesh-test', path], { stdio: 'ignore' });
  } catch {
    folder.remove();
    return null;
  }
  return {
    path,
    fill: () => takeRest(join(path, 'rest')),
    remove() {
      spawnSync('umount', ['--lazy', path]);
      folder.remove();
    },
  };
}

function takeRest(file: string): string {
  const handle = openSync(file, 'w');
  try {
    for (;;) writeSync(handle, CHUNK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    return file;
  } finally {
    closeSync(handle);
  }
}
