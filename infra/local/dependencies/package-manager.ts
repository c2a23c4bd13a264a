import { execFile } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { findBinary } from '../../servers/index.ts';

const run = promisify(execFile);
const POLICY_FILE = '/usr/sbin/policy-rc.d';

/** How one server is called by the system's package managers. */
export interface PackageNames {
  readonly apt: string;
  readonly brew: string;
}

/** The command that installs a package here, for the person at the terminal. */
export function installCommand(names: PackageNames): string {
  if (findBinary('apt-get') !== null) {
    return `${process.getuid?.() === 0 ? '' : 'sudo '}apt-get install -y ${names.apt}`;
  }
  return `brew install ${names.brew}`;
}

/** Installs a package where that needs no question: apt-get as root or with passwordless sudo, or Homebrew. */
export async function installPackage(names: PackageNames): Promise<boolean> {
  const apt = findBinary('apt-get');
  if (apt !== null) {
    const prefix = await aptPrefix();
    return prefix !== null && installWithApt([...prefix, apt], names.apt);
  }
  const brew = findBinary('brew');
  return brew !== null && succeeds([brew, 'install', names.brew]);
}

async function aptPrefix(): Promise<string[] | null> {
  if (process.getuid?.() === 0) return [];
  const sudo = findBinary('sudo');
  return sudo !== null && (await succeeds([sudo, '-n', 'true']))
    ? [sudo, '-n', 'env', 'DEBIAN_FRONTEND=noninteractive']
    : null;
}

async function installWithApt(apt: readonly string[], name: string): Promise<boolean> {
  const install = [...apt, 'install', '-y', '--no-install-recommends', name];
  return withoutServiceStart(async () => {
    if (await succeeds(install)) return true;
    return (await succeeds([...apt, 'update'])) && succeeds(install);
  });
}

/** Debian starts what it installs; a policy file that refuses keeps the system as it was. */
async function withoutServiceStart(work: () => Promise<boolean>): Promise<boolean> {
  const isOurs = process.getuid?.() === 0 && !existsSync(POLICY_FILE);
  if (isOurs) writeFileSync(POLICY_FILE, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return await work();
  } finally {
    if (isOurs) rmSync(POLICY_FILE, { force: true });
  }
}

async function succeeds([command, ...args]: readonly string[]): Promise<boolean> {
  if (command === undefined) return false;
  try {
    await run(command, args, {
      env: { ...inheritedEnvironment(), DEBIAN_FRONTEND: 'noninteractive' },
      maxBuffer: 1 << 26,
    });
    return true;
  } catch {
    return false;
  }
}

function inheritedEnvironment(): NodeJS.ProcessEnv {
  return process.env;
}
