import assert from 'node:assert/strict';
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { smallDisk, waitFor } from '@peermesh/testkit';

const PROGRAM = new URL('../fixtures/main-process.ts', import.meta.url).pathname;

function run(env: Readonly<Record<string, string>>, stdio: StdioOptions = 'pipe'): ChildProcess {
  return spawn(process.execPath, ['--conditions=@peermesh/source', PROGRAM], { env, stdio });
}

test('a service is started before it listens, and stopped in order on SIGTERM', async (t) => {
  const child = run({ HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'info', BERTHS: '3' });
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  child.stdout!.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await waitFor(() => said.includes('service is up'), { timeoutMs: 20_000 });
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number];
  const steps = said.split('\n').filter((line) => !line.startsWith('{'));
  assert.deepEqual([steps, code], [['starts 3', 'listens', 'stops', ''], 0]);
});

test('a process whose settings cannot be used names each of them, without values, and ends with 1', async () => {
  const child = run({ HOST: '127.0.0.1', PORT: 'quay', LOG_LEVEL: 'silent' });
  const [said, [code]] = await Promise.all([text(child.stderr!), once(child, 'exit') as Promise<[number]>]);
  assert.equal(code, 1);
  assert.match(said, /PORT must be integer/);
  assert.match(said, /BERTHS is missing/);
  assert.equal(said.includes('quay'), false);
});

test('a service whose log is on a full disk goes on, and ends in order', { timeout: 60_000 }, async (t) => {
  const disk = smallDisk('log-disk', 1);
  if (disk === null) return t.skip('only root may mount');
  t.after(() => disk.remove());
  const file = join(disk.path, 'service.log');
  const log = openSync(file, 'a');
  disk.fill();
  const env = { HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'info', BERTHS: '3' };
  const child = run(env, ['ignore', log, 'ignore', 'ipc']);
  closeSync(log);
  t.after(() => child.kill('SIGKILL'));
  for await (const [step] of on(child, 'message')) if (step === 'is up') break;
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number];
  assert.equal(code, 0);
  assert.equal(readFileSync(file, 'utf8'), '', 'what it said found no room');
});
