import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { CertificateAuthority, createNodeKey } from '@peermesh/mesh-node/identity';
import { freePort, temporaryFolder } from '@peermesh/testkit';
import type { Command, NodeSetup, Report, Telling } from './protocol.ts';

const WARM_UP_MS = 2_000;
/** What a frame costs on the wire besides its payload: the header and the head of a part. */
const RECORD_OVERHEAD_BYTES = 40;

/** What was seen at the relay, if there is one, and where messages arrived. */
export interface Outcome {
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
}

/** Mesh nodes as processes: one sends, one relays unless the other is dialled directly, one receives. */
export async function runOverlay(scenario: Scenario): Promise<Outcome> {
  const setups = await nodeSetups(scenario);
  const processes = setups.map((setup) => start('overlay-process.ts', [JSON.stringify(setup)]));
  return run(processes, scenario, scenario.hasRelay);
}

/** The same over bare WebSockets. */
export async function runBare(scenario: Scenario): Promise<Outcome> {
  const port = String(await freePort());
  const bytes = String(scenario.bytes + RECORD_OVERHEAD_BYTES);
  const relay = start('bare-process.ts', ['relay', port, bytes]);
  await tellingOf(relay, 'ready');
  const [sender, receiver] = ['sender', 'receiver'].map((role) => start('bare-process.ts', [role, port, bytes]));
  return run([sender!, relay, receiver!], scenario, true, [sender!, receiver!]);
}

async function run(
  processes: readonly ChildProcess[],
  { bytes, perSecond, measureMs }: Scenario,
  hasRelay: boolean,
  starting = processes,
): Promise<Outcome> {
  const [sender, receiver, relay] = [processes[0]!, processes.at(-1)!, hasRelay ? processes[1]! : null];
  try {
    await Promise.all(starting.map((child) => tellingOf(child, 'ready')));
    command(sender, { kind: 'send', to: processes.length, bytes, perSecond });
    await pause(WARM_UP_MS);
    for (const child of [receiver, relay]) if (child !== null) command(child, { kind: 'measure' });
    await pause(measureMs);
    const [received, relayed] = await Promise.all([report(receiver), relay === null ? null : report(relay)]);
    return { receiver: received, relay: relayed };
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

function start(script: string, args: readonly string[]): ChildProcess {
  return fork(join(import.meta.dirname, script), args, {
    execArgv: ['--conditions=@peermesh/source', '--no-warnings'],
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
