import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { setInterval as interval } from 'node:timers/promises';
import type { Fleet } from './fleet.ts';
import { startFleet } from './fleet.ts';
import { probeProcesses } from './health.ts';
import { takeInstanceLock } from './instance-lock.ts';
import { describeError } from './launcher-error.ts';
import { watchLifetime } from './lifetime.ts';
import { addNginx } from './nginx-step.ts';
import { adminPasswordFile } from './secrets.ts';
import type { Settings } from './settings.ts';
import { freeBytesOf, prepareStateFolder, type StateFolder, stateFolder } from './state-folder.ts';
import { createTerminal, seconds, type Terminal } from './terminal.ts';
import { type Corpus, readCorpus } from './walk/corpus.ts';
import { runWalk } from './walk/walk.ts';

const DISK_CHECK_INTERVAL_MS = 30_000;
const DISK_WARNING_BYTES = 200 * 1024 * 1024;

export interface RunOptions {
  readonly hasWalk: boolean;
  readonly hasNginx: boolean;
  readonly watch: boolean;
  readonly corpus?: string;
  readonly feed?: string;
}

/** Starts the fleet, does the main job, and stays until it is told to end. The result is the exit code. */
export async function runForeground(settings: Settings, options: RunOptions): Promise<number> {
  const startedAt = performance.now();
  const terminal = settings.isDetached
    ? createTerminal({ write: writeToLog }, sendToParent)
    : createTerminal(process.stdout);
  const lifetime = watchLifetime(settings);
  const state = stateFolder(settings.home);
  prepareStateFolder(state);
  const release = takeInstanceLock(state);
  try {
    // Read before anything starts: a wrong path is said at once.
    const corpus = options.hasWalk ? readCorpus(options.corpus ?? join(settings.checkout, 'docs')) : null;
    terminal.line(`PeerMesh in ${settings.home}`);
    const fleet = await startFleet({
      settings,
      state,
      terminal,
      signal: lifetime.signal,
      watch: options.watch,
      gatewayReplicas: options.hasNginx ? 2 : 1,
      ...(options.hasNginx
        ? {
            publicUrl: `https://localhost:${settings.ports.nginxHttps}`,
            overrides: { gateway: { TRUSTED_PROXIES: '127.0.0.1' } },
          }
        : {}),
    });
    try {
      return await operate({ fleet, settings, state, terminal, options, corpus, startedAt }, lifetime);
    } finally {
      await shutDown(fleet, terminal);
    }
  } catch (error) {
    if (lifetime.signal.aborted) return 130;
    terminal.line(`\npeermesh: ${describeError(error)}`);
    return 1;
  } finally {
    release();
  }
}

interface Running {
  readonly fleet: Fleet;
  readonly settings: Settings;
  readonly state: StateFolder;
  readonly terminal: Terminal;
  readonly options: RunOptions;
  readonly corpus: Corpus | null;
  readonly startedAt: number;
}

async function operate(running: Running, lifetime: ReturnType<typeof watchLifetime>): Promise<number> {
  const { fleet, settings, state, terminal, options, corpus } = running;
  if (options.hasNginx) await addNginx(fleet, settings, state, terminal);
  if (lifetime.signal.aborted) return 130;
  const rows = await probeProcesses(fleet);
  terminal.heading('Fleet');
  terminal.table(['name', 'pid', 'health', 'url'], rows);
  terminal.line(`  healthy ${seconds(performance.now() - running.startedAt)} after the start`);
  terminal.line(`  API and documentation: ${fleet.gatewayUrl}/docs`);
  terminal.line(`  administrator: admin@peermesh.local, password in ${adminPasswordFile(state)}`);
  fleet.enter('running');
  if (corpus !== null) {
    const feed = options.feed === undefined ? {} : { feed: options.feed };
    await Promise.race([runWalk({ fleet, terminal, corpus, ...feed }), lifetime.ended]);
    if (lifetime.signal.aborted) return 130;
  }
  fleet.enter('complete');
  terminal.line(`\nReady. ${settings.isDetached ? 'Stop with `npm run stop`.' : 'Stop with Ctrl-C.'}`);
  reportToParent(0);
  void watchDisk(state, terminal, lifetime.signal);
  await lifetime.ended;
  return 0;
}

async function shutDown(fleet: Fleet, terminal: Terminal): Promise<void> {
  terminal.line('\nStopping');
  await fleet.stop();
  terminal.line('Stopped; nothing is left running.');
}

async function watchDisk(state: StateFolder, terminal: Terminal, signal: AbortSignal): Promise<void> {
  try {
    for await (const _ of interval(DISK_CHECK_INTERVAL_MS, undefined, { signal, ref: false })) {
      const freeBytes = freeBytesOf(state.home);
      if (freeBytes > DISK_WARNING_BYTES) continue;
      terminal.event(
        `the disk of ${state.home} is nearly full (${Math.floor(freeBytes / 1024 / 1024)} MiB left): free some space; if services miss NATS after that, \`npm run stop\` and start again`,
      );
    }
  } catch (error) {
    if (!signal.aborted) terminal.event(`cannot watch the disk: ${describeError(error)}`);
  }
}

/** In the background standard output is a file on a disk that may be full, and the fleet outlives that. */
function writeToLog(text: string): void {
  try {
    writeSync(process.stdout.fd, text);
  } catch {}
}

function sendToParent(text: string): void {
  if (process.connected) process.send?.({ text }, undefined, undefined, () => undefined);
}

function reportToParent(exitCode: number): void {
  if (process.connected) process.send?.({ exitCode }, undefined, undefined, () => undefined);
}
