import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { CertificateAuthority, createNodeKey } from '@peermesh/mesh-node/identity';
import { freePort, temporaryFolder } from '@peermesh/testkit';
import type { BareTls, Command, NodeSetup, Report, Telling } from './protocol.ts';

const WARM_UP_MS = 2_000;
/** What a frame costs on the wire besides its payload: the header and the head of a part. */
const RECORD_OVERHEAD_BYTES = 40;

/** What was seen where messages start, at the relay, if there is one, and where they arrive. */
export interface Outcome {
  readonly sender: Report;
  readonly receiver: Report;
  readonly relay: Report | null;
}

/** What is sent, and through what. */
export interface Scenario {
  readonly bytes: number;
  readonly perSecond: number | null;
  readonly isSecure: boolean;
  readonly hasRelay: boolean;
  readonly measureMs: number;
  /** Where each process leaves its processor profile, for Chrome's and Node's tools; null for none. */
  readonly profileFolder: string | null;
}

/** Mesh nodes as processes: one sends, one relays unless the other is dialled directly, one receives. */
export async function runOverlay(scenario: Scenario): Promise<Outcome> {
  const setups = await nodeSetups(scenario);
  const processes = setups.map((setup, i) => start('overlay-process.ts', [JSON.stringify(setup)], scenario, i));
  return run(processes, scenario, scenario.hasRelay);
}

/** The same over bare WebSockets. */
export async function runBare(scenario: Scenario): Promise<Outcome> {
  const port = String(await freePort());
  const bytes = String(scenario.bytes + RECORD_OVERHEAD_BYTES);
  const [setup] = await nodeSetups(scenario);
  const { privateKeyPem: key, certificatePem: cert, trustedPem: ca } = setup!;
  const tls = JSON.stringify(cert === null ? null : ({ key, cert, ca } satisfies BareTls));
  const relay = start('bare-process.ts', ['relay', port, bytes, tls], scenario, 1);
  await tellingOf(relay, 'ready');
  const [sender, receiver] = ['sender', 'receiver'].map((role) =>
    start('bare-process.ts', [role, port, bytes, tls], scenario, role === 'sender' ? 0 : 2),
  );
  return run([sender!, relay, receiver!], scenario, true, [sender!, receiver!]);
}

async function run(
  processes: readonly ChildProcess[],
  { bytes, perSecond, measureMs }: Scenario,
  hasRelay: boolean,
  starting = processes,
): Promise<Outcome> {
  const sender = processes[0]!;
  try {
    await Promise.all(starting.map((child) => tellingOf(child, 'ready')));
    command(sender, { kind: 'send', to: processes.length, bytes, perSecond });
    await pause(WARM_UP_MS);
    for (const child of processes) command(child, { kind: 'measure' });
    await pause(measureMs);
    const reports = await Promise.all(processes.map(report));
    return { sender: reports[0]!, receiver: reports.at(-1)!, relay: hasRelay ? reports[1]! : null };
  } finally {
    await Promise.all(processes.map(end));
  }
}

async function nodeSetups({ isSecure, hasRelay }: Scenario): Promise<NodeSetup[]> {
  const folder = temporaryFolder('bench-relay');
  const keys = Array.from({ length: hasRelay ? 3 : 2 }, () => createNodeKey());
  const now = { nowMs: Date.now() };
  const authority = isSecure
    ? await CertificateAuthority.create(join(folder.path, 'ca'), { meshId: 'bench', ...now })
    : null;
  const listens = 1;
  const address = `${isSecure ? 'wss' : 'ws'}://127.0.0.1:${await freePort()}`;
  const members = keys.map(({ nodeId }, i) => ({ shortId: i + 1, nodeId, address: i === listens ? address : '' }));
  const setups: NodeSetup[] = [];
  for (const { nodeId, privateKeyPem } of keys) {
    const certificatePem = (await authority?.issue(nodeId, now)) ?? null;
    setups.push({ privateKeyPem, certificatePem, trustedPem: authority?.trustedPem ?? [], members });
  }
  folder.remove();
  return setups;
}

function start(script: string, args: readonly string[], scenario: Scenario, index: number): ChildProcess {
  const { profileFolder, bytes, isSecure, hasRelay } = scenario;
  const role = hasRelay ? ['sender', 'relay', 'receiver'][index] : ['sender', 'receiver'][index];
  const kind = `${script.replace('-process.ts', '')}-${isSecure ? 'wss' : 'ws'}-${bytes}`;
  const profile =
    profileFolder === null
      ? []
      : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`, `--cpu-prof-name=${kind}-${role}.cpuprofile`];
  return fork(join(import.meta.dirname, script), args, {
    execArgv: ['--conditions=@peermesh/source', '--no-warnings', ...profile],
  });
}

function command(child: ChildProcess, message: Command): void {
  child.send(message);
}

async function report(child: ChildProcess): Promise<Report> {
  command(child, { kind: 'report' });
  const telling = await tellingOf(child, 'report');
  if (telling.kind !== 'report') throw new Error('no report came');
  return telling.report;
}

async function tellingOf(child: ChildProcess, kind: Telling['kind']): Promise<Telling> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`a process of the benchmark ended with ${String(code)}`);
  });
  ended.catch(() => undefined);
  for (;;) {
    const [telling] = (await Promise.race([once(child, 'message'), ended])) as [Telling];
    if (telling.kind === kind) return telling;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.disconnect();
  await exited;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
