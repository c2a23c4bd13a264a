import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { services } from '../../catalog.ts';

const run = promisify(execFile);
const CHECKOUT = resolve(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'peermesh-image-'));
const source = join(folder, 'src');
const ignored = readFileSync(join(CHECKOUT, '.dockerignore'), 'utf8').split('\n');
const excludedFolders = ['docs', 'e2e', 'bench/results'].filter((name) => ignored.includes(name));

after(() => rmSync(folder, { recursive: true, force: true }));

/** What `COPY . .` sees. Compiled files of the checkout come along, so that only what changed is compiled again. */
before(() => {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: CHECKOUT,
    encoding: 'utf8',
  });
  for (const file of list.split('\0').filter((name) => name !== '')) {
    if (file.includes('/test/') || excludedFolders.some((name) => file.startsWith(`${name}/`))) continue;
    if (existsSync(join(CHECKOUT, file))) cpSync(join(CHECKOUT, file), join(source, file));
    const compiled = join(dirname(file), 'dist');
    if (file.endsWith('/package.json') && existsSync(join(CHECKOUT, compiled))) {
      cpSync(join(CHECKOUT, compiled), join(source, compiled), { recursive: true, preserveTimestamps: true });
    }
  }
});

function pnpm(...args: string[]): Promise<{ stdout: string }> {
  return run('pnpm', args, { cwd: source, env: { ...process.env, CI: 'true' }, maxBuffer: 1 << 26 });
}

test('the commands of the Dockerfile make a folder that runs as built JavaScript', { timeout: 600_000 }, async (t) => {
  await pnpm('install', '--prefer-offline', '--frozen-lockfile');
  for (const name of [...services.map((service) => service.name), 'infra']) {
    await t.test(name, async () => {
      const out = join(folder, `out-${name}`);
      await pnpm('--filter', `@peermesh/${name}`, 'exec', 'tsc', '-b');
      await pnpm('--filter', `@peermesh/${name}`, 'deploy', '--prod', out);
      const entry = name === 'infra' ? 'dist/apply-streams.js' : 'dist/main.js';
      // Without configuration the process loads all of its modules, says what is missing, and ends with 1.
      const failure = await run(process.execPath, [entry], { cwd: out, env: { PATH: process.env['PATH'] ?? '' } }).then(
        () => assert.fail(`${name} started without configuration`),
        (error: { code: number; stderr: string; stdout: string }) => error,
      );
      assert.equal(failure.code, 1);
      assert.match(`${failure.stdout}${failure.stderr}`, /is missing/);
      if (name !== 'infra') assert.ok(existsSync(join(out, 'dist/migrate.js')));
      assert.ok(!existsSync(join(out, 'node_modules/typescript')), 'development dependencies stay out');
      rmSync(out, { recursive: true, force: true });
    });
  }
});
