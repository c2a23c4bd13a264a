import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Which of these processes has the socket whose local port this is; null when none has, or where there is no `/proc`. The
 * line of the connection is looked up in `/proc/net/tcp`, its inode among the open files of each process (proc(5)).
 */
export function ownerOfPort(port: number, pids: readonly number[]): number | null {
  const inode = inodeOf(port);
  if (inode === null) return null;
  const link = `socket:[${inode}]`;
  return pids.find((pid) => hasFile(pid, link)) ?? null;
}

function inodeOf(port: number): string | null {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  for (const line of read('/proc/net/tcp').split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    if (fields[1]?.endsWith(`:${wanted}`) === true && fields[9] !== undefined && fields[9] !== '0') return fields[9];
  }
  return null;
}

function hasFile(pid: number, link: string): boolean {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).some((name) => target(`${folder}/${name}`) === link);
  } catch {
    return false;
  }
}

function target(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
