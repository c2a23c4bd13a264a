import { probeNginx } from '../servers/index.ts';
import type { Fleet } from './fleet.ts';
import { type FleetRecord, type ProcessRecord, processRecord } from './fleet-record.ts';
import { isAlive } from './instance-lock.ts';
import { describeError } from './launcher-error.ts';
import { isListening } from './port-owner.ts';
import { probeService } from './service-process.ts';

export interface ProcessHealth {
  readonly record: ProcessRecord;
  readonly isHealthy: boolean;
  /** `healthy`, or the reason why not. */
  readonly text: string;
}

/** Rows of the table that `npm start` ends with. */
export async function probeProcesses(fleet: Fleet): Promise<string[][]> {
  const healths = await Promise.all(fleet.processes.map((supervised) => probeRecord(processRecord(supervised))));
  return healths.map(({ record, text }) => [record.name, String(record.pid ?? '-'), text, record.url]);
}

/** Health of every process of a running fleet. */
export function probeFleet(record: FleetRecord): Promise<ProcessHealth[]> {
  return Promise.all(record.processes.map(probeRecord));
}

async function probeRecord(record: ProcessRecord): Promise<ProcessHealth> {
  if (record.pid === null || !isAlive(record.pid)) {
    return { record, isHealthy: false, text: `not running (${record.state})` };
  }
  try {
    const degraded = await probeUrl(record);
    if (record.state !== 'ready') return { record, isHealthy: false, text: record.state };
    const isHealthy = degraded.length === 0;
    return { record, isHealthy, text: isHealthy ? 'healthy' : `degraded (${degraded.join(', ')})` };
  } catch (error) {
    return { record, isHealthy: false, text: describeError(error) };
  }
}

/** @returns checks that fail without making the process unusable */
async function probeUrl({ name, url }: ProcessRecord): Promise<string[]> {
  const { hostname, port } = new URL(url);
  if (name === 'nginx') {
    await probeNginx(Number(port));
    return [];
  }
  if (url.startsWith('http://')) return probeService(url);
  if (!(await isListening(Number(port), hostname))) throw new Error('does not accept connections');
  return [];
}
