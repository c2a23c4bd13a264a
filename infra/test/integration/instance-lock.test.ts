import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from '../../local/instance-lock.ts';

test('a process is alive until it has ended, even when its parent never asks what became of it', async (t) => {
  // The shell starts a child, becomes a program that waits for nobody, and leaves a zombie when the child ends.
  const script = 'sleep 300 & echo $!; exec sleep 300';
  const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => parent.kill('SIGKILL'));
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  assert.equal(isAlive(pid), true);
  process.kill(pid, 'SIGKILL');
  for (let tries = 0; isAlive(pid) && tries < 3_000; tries += 1) await delay(10);
  assert.equal(isAlive(pid), false, 'a zombie counts as ended');
  assert.equal(isAlive(2 ** 22 + 1), false);
});
