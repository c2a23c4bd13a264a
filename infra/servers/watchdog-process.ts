import { createInterface } from 'node:readline';

/** A process of its own that outlives its parent for as long as it takes to end the parent's other children. */
const KILL_AFTER_MS = 15_000;
const CHECK_INTERVAL_MS = 200;
const watched = new Map<number, NodeJS.Signals>();

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [verb, pid, signal] = line.split(' ');
    if (verb === 'watch') watched.set(Number(pid), signal as NodeJS.Signals);
    else watched.delete(Number(pid));
  })
  .on('close', () => {
    for (const [pid, signal] of watched) send(pid, signal);
    const deadline = performance.now() + KILL_AFTER_MS;
    setInterval(() => {
      const alive = [...watched.keys()].filter((pid) => send(pid, 0));
      if (alive.length === 0) process.exit(0);
      if (performance.now() < deadline) return;
      for (const pid of alive) send(pid, 'SIGKILL');
      process.exit(0);
    }, CHECK_INTERVAL_MS);
  });

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

/** Every watched process leads a group of its own, so that its children end with it. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}
