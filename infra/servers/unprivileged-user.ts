import { execFileSync } from 'node:child_process';
import type { RunAs } from './guarded-process.ts';

/** The user that PostgreSQL runs as when this process is root, which PostgreSQL refuses; undefined otherwise. */
export function unprivilegedUser(): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return { uid: idOf('-u'), gid: idOf('-g') };
}

function idOf(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }).trim());
}
