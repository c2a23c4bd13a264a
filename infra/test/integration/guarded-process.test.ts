import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { findSetpriv } from '../../servers/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'peermesh-guarded-'));
const module = join(import.meta.dirname, '../../servers/guarded-process.ts');
after(() => rmSync(folder, { recursive: true, force: true }));

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function untilGone(pid: number): Promise<void> {
  for (let tries = 0; isAlive(pid) && tries < 3_000; tries += 1) await delay(10);
  assert.ok(!isAlive(pid), `${pid} is still there`);
}

/** A parent that starts a guarded `sleep`, says its pid, and is killed with -9. */
async function orphanAfterKill(env: NodeJS.ProcessEnv): Promise<number> {
  const script = `
    const { startGuarded } = await import(${JSON.stringify(module)});
    const guarded = startGuarded({ command: '/bin/sleep', args: ['60'], logFile: ${JSON.stringify(join(folder, 'sleep.log'))}, stopSignal: 'SIGTERM' });
    process.stdout.write(guarded.pid + '\\n');
    setInterval(() => undefined, 1000);
  `;
  const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(chunk.toString());
  assert.ok(isAlive(pid));
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  return pid;
}

test('a guarded process ends with its parent, by the kernel', {
  skip: findSetpriv() === null ? 'no setpriv here' : false,
}, async () => {
  await untilGone(await orphanAfterKill(process.env));
});

test('a guarded process ends with its parent, by the watchdog where the kernel does not help', async () => {
  const withoutSetpriv = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((path) => path === dirname(process.execPath));
  await untilGone(await orphanAfterKill({ ...process.env, PATH: withoutSetpriv.join(delimiter) }));
});
