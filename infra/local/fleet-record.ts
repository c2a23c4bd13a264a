import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { StateFolder } from './state-folder.ts';
import { writeAtomically } from './state-folder.ts';
import type { Supervised, SupervisedState } from './supervised.ts';

/** What the launcher writes down about the running fleet, for `status`, `logs` and `dlq`. */
export interface FleetRecord {
  readonly launcherPid: number;
  readonly startedAt: string;
  readonly publicUrl: string;
  readonly phase: FleetPhase;
  readonly processes: readonly ProcessRecord[];
}

/** `running` when every process has become ready, `complete` when the main job is done as well. */
export type FleetPhase = 'starting' | 'running' | 'complete';

export interface ProcessRecord {
  readonly name: string;
  readonly pid: number | null;
  readonly state: SupervisedState;
  readonly restarts: number;
  readonly url: string;
  readonly logFile: string;
}

const recordFile = (state: StateFolder): string => join(state.run, 'fleet.json');

/** Writes the record anew. */
export function writeFleetRecord(state: StateFolder, record: FleetRecord): void {
  writeAtomically(recordFile(state), `${JSON.stringify(record, null, 2)}\n`);
}

/** The record of the running fleet, or null. */
export function readFleetRecord(state: StateFolder): FleetRecord | null {
  const file = recordFile(state);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as FleetRecord) : null;
}

export function deleteFleetRecord(state: StateFolder): void {
  rmSync(recordFile(state), { force: true });
}

/** One line of the record. */
export function processRecord(process: Supervised): ProcessRecord {
  return {
    name: process.name,
    pid: process.pid(),
    state: process.state(),
    restarts: process.restarts(),
    url: process.url,
    logFile: process.logFile,
  };
}
