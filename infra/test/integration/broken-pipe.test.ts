import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';

const home = mkdtempSync(join(tmpdir(), 'peermesh-pipe-'));
const main = join(import.meta.dirname, '../../local/main.ts');
const log = join(home, 'logs', 'search.log');
const line = `{"level":"info","time":1,"msg":"${'x'.repeat(200)}"}\n`;
const env = { ...process.env, PEERMESH_HOME: home };
mkdirSync(join(home, 'logs'));
// More than a pipe holds.
writeFileSync(log, line.repeat(5_000));
after(() => rmSync(home, { recursive: true, force: true }));

for (const [command, reader] of [
  ['logs search -n 5000 --json', 'head -n 1'],
  ['mesh help', 'true'],
]) {
  test(`${command} ends quietly when its reader does`, async () => {
    const script = `"$0" --conditions=@peermesh/source "$1" ${command} | ${reader}`;
    const { stderr } = await promisify(execFile)('/bin/sh', ['-c', script, process.execPath, main], { env });
    assert.ok(!stderr.includes('EPIPE') && !stderr.includes('    at '), stderr);
  });
}

test('a followed log ends with its reader', async (t) => {
  const args = ['--conditions=@peermesh/source', main, 'logs', 'search', '-f', '-n', '1', '--json'];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const writing = setInterval(() => appendFileSync(log, line), 20);
  t.after(() => clearInterval(writing));
  const [code] = (await once(child, 'exit')) as [number | null];
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
});
