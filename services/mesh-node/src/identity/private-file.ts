import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

const OTHERS = 0o077;
const OWNER_ONLY = 0o600;

/** Reads a file that only its owner may read; throws when others may too. */
export function readPrivateFile(path: string): string {
  const mode = statSync(path).mode & 0o777;
  if ((mode & OTHERS) !== 0) throw new Error(`${path} may be read by others (mode ${mode.toString(8)}): chmod 600 it`);
  return readFileSync(path, 'utf8');
}

/** Writes the file with mode 0600 unless it exists. Whole or not at all, also when two processes do it at once. */
export function createFileOnce(path: string, content: () => string): void {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
  const draft = writeDraft(path, content());
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  syncFolder(path);
}

/** Replaces the file, mode 0600: after a crash it is the old one or the new one. */
export function replaceFile(path: string, content: string): void {
  renameSync(writeDraft(path, content), path);
  syncFolder(path);
}

function writeDraft(path: string, content: string): string {
  const draft = `${path}.${randomUUID()}.draft`;
  try {
    writeFileSync(draft, content, { flag: 'wx', mode: OWNER_ONLY, flush: true });
  } catch (error) {
    rmSync(draft, { force: true });
    throw new Error(`${path} cannot be written`, { cause: error });
  }
  return draft;
}

function syncFolder(path: string): void {
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
