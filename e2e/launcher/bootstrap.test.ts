import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { freePort, smallDisk, temporaryFolder } from '@peermesh/testkit';
import { type CommandResult, collect } from './local-installation.ts';

const BOOTSTRAP = resolve(import.meta.dirname, '../../infra/local/bootstrap.mjs');
const folder = temporaryFolder('bootstrap');
after(() => folder.remove());

/** A folder for the PATH that holds these programs and nothing else; undefined when one of them is not here. */
function pathWith(...programs: string[]): string | undefined {
  const path = join(folder.path, `bin-${programs.join('-')}`);
  mkdirSync(path);
  for (const program of programs) {
    const found = program === 'node' ? process.execPath : find(program);
    if (found === undefined) return undefined;
    symlinkSync(found, join(path, program));
  }
  return path;
}

function find(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((path) => join(path, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function run(env: NodeJS.ProcessEnv): Promise<CommandResult> {
  return collect(spawn(process.execPath, [BOOTSTRAP, 'status'], { env, stdio: ['ignore', 'pipe', 'pipe'] }));
}

test('a registry that cannot be reached is said in one line, and nothing half is left', async (t) => {
  const path = pathWith('node', 'npm', 'env', 'sh');
  if (path === undefined) return t.skip('npm is not on the PATH');
  const home = join(folder.path, 'no-network');
  // What a process left that was killed while it installed; no process has this number.
  mkdirSync(join(home, 'tools/pnpm-12.0.0.partial-4194305'), { recursive: true });
  const registry = `http://127.0.0.1:${await freePort()}/`;
  const { code, stderr } = await run({
    PATH: path,
    PEERMESH_HOME: home,
    npm_config_registry: registry,
    npm_config_fetch_retries: '0',
  });
  assert.equal(code, 1);
  assert.match(stderr, /^peermesh: npm could not install pnpm@[\d.]+: the npm registry cannot be reached[^\n]*$/m);
  assert.deepEqual(readdirSync(join(home, 'tools')), []);
});

test('without npm the way to get it is named', async () => {
  const path = pathWith('node', 'sh');
  assert.ok(path);
  const { code, stderr } = await run({ PATH: path, PEERMESH_HOME: join(folder.path, 'no-npm') });
  assert.equal(code, 1);
  assert.match(stderr, /^peermesh: npm is not on the PATH: install it/m);
});

test('a state folder that cannot be made is named with the way out', async () => {
  const { code, stderr } = await run({ ...process.env, PEERMESH_HOME: '/dev/null/peermesh' });
  assert.equal(code, 1);
  assert.match(stderr, /^peermesh: cannot write to \/dev\/null\/peermesh \(\w+\): set PEERMESH_HOME/);
});

test('a disk that is full is said in one line, and nothing half is left for when there is space', async (t) => {
  const disk = smallDisk('bootstrap-disk', 4);
  if (disk === null) return t.skip('only root may mount');
  t.after(() => disk.remove());
  const home = join(disk.path, 'home');
  const version = /PNPM_VERSION = '(.+)'/.exec(readFileSync(BOOTSTRAP, 'utf8'))?.[1];
  // pnpm is there, and what starts it has to be written yet.
  mkdirSync(join(home, 'tools', `pnpm-${version}`), { recursive: true });
  const path = pathWith('node', 'npm', 'env', 'sh', 'id');
  if (path === undefined) return t.skip('npm is not on the PATH');
  const env = { PATH: path, PEERMESH_HOME: home, PEERMESH_SKIP_INSTALL: '1' };
  const rest = disk.fill();
  const refused = await run(env);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^peermesh: the disk that holds \S+ is full: free some space, [^\n]+\n$/);
  assert.deepEqual(readdirSync(join(home, 'tools/bin')), []);
  rmSync(rest);
  const { stdout } = await run(env);
  assert.match(stdout, /^PeerMesh is not running/);
  assert.deepEqual(readdirSync(join(home, 'tools/bin')), ['pnpm']);
});
