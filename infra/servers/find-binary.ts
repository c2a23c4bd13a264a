import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const DEBIAN_POSTGRES = '/usr/lib/postgresql';
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/opt/homebrew/bin'];

/** The first executable of this name on the PATH or in the system's folders. */
export function findBinary(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS];
  for (const folder of folders) {
    if (folder === '') continue;
    const path = join(folder, name);
    if (isExecutable(path)) return path;
  }
  return null;
}

/**
 * The folder with `initdb` and `postgres`: from the PATH, from Debian's versioned folders (newest first), from Homebrew.
 * @param major prefer the folder of this version, where folders are named by version
 */
export function findPostgresFolder(major: number | null = null): string | null {
  const preferred = major === null ? [] : [join(DEBIAN_POSTGRES, String(major), 'bin')];
  const candidates = [...debianFolders(), ...homebrewFolders()];
  const onPath = findBinary('postgres');
  if (onPath !== null) candidates.unshift(join(onPath, '..'));
  return (
    [...preferred, ...candidates].find((folder) =>
      ['postgres', 'initdb'].every((name) => isExecutable(join(folder, name))),
    ) ?? null
  );
}

function debianFolders(): string[] {
  return versionsIn(DEBIAN_POSTGRES).map((version) => join(DEBIAN_POSTGRES, version, 'bin'));
}

function homebrewFolders(): string[] {
  return ['/opt/homebrew/opt', '/usr/local/opt'].flatMap((root) =>
    ['postgresql@17', 'postgresql@16', 'postgresql@15', 'postgresql'].map((name) => join(root, name, 'bin')),
  );
}

function versionsIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort((a, b) => Number(b) - Number(a));
  } catch {
    return [];
  }
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
