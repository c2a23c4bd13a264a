import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const CHECK_MS = 2_000;

/**
 * Ends test files that do not end by themselves: node:test cannot time out a file whose event loop is busy or that never
 * closes. A file is a child process of the runner; what it started dies with it.
 * @param runnerPid the node:test process
 * @param limitMs how long one file may take
 * @returns stops watching
 */
export function guardAgainstHangs(runnerPid: number, limitMs: number): () => void {
  const firstSeen = new Map<number, number>();
  const check = async (): Promise<void> => {
    for (const { pid, args } of await childrenOf(runnerPid)) {
      const since = firstSeen.get(pid) ?? Date.now();
      firstSeen.set(pid, since);
      if (Date.now() - since < limitMs) continue;
      process.stdout.write(`  killed after ${limitMs / 1000} s: ${args.split(' ').at(-1) ?? args}\n`);
      process.kill(pid, 'SIGKILL');
    }
  };
  const timer = setInterval(() => void check().catch(() => undefined), CHECK_MS);
  return () => clearInterval(timer);
}

async function childrenOf(parent: number): Promise<{ pid: number; args: string }[]> {
  const { stdout } = await execute('ps', ['-A', '-o', 'pid=,ppid=,args=']);
  return stdout
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null && Number(match[2]) === parent && match[3]?.includes('.test.ts'))
    .map((match) => ({ pid: Number(match?.[1]), args: match?.[3] ?? '' }));
}
