import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Below the ephemeral ranges of Linux and macOS: no outgoing connection takes one of these in the meantime. */
const FIRST = 16_384;
const LAST = 32_767;
const TRIES = 1_000;

/**
 * A TCP port of the loopback interface that nobody listens on. No other call gets it while this process lives, in this
 * process or another one of this user: a file named after the port says whose it is.
 * @throws Error when a thousand ports in a row are taken
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
    if (claim(port) && (await canListen(port))) return port;
  }
  throw new Error(`no free port between ${FIRST} and ${LAST}`);
}

const claimed = new Set<string>();

function claim(port: number): boolean {
  const folder = join(tmpdir(), `peermesh-ports-${userInfo().username}`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, String(port));
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
  } catch {
    if (!isOwnerAlive(file)) rmSync(file, { force: true });
    return false;
  }
  if (claimed.size === 0) process.once('exit', () => claimed.forEach((path) => rmSync(path, { force: true })));
  claimed.add(file);
  return true;
}

function isOwnerAlive(file: string): boolean {
  try {
    const owner = Number(readFileSync(file, 'utf8'));
    // Between its creation and its first byte a claim is empty.
    return owner === 0 || process.kill(owner, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
