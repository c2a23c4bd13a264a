import { availableParallelism } from 'node:os';
import type { ServiceDefinition } from './catalog.ts';

const HELPERS_MAX = 4;

/**
 * What Node is started with for a process of a service. V8 marks and sweeps on helper threads, four by default; with as many of them as
 * cores a collection takes the core away from the thread that answers requests, so one core stays free.
 */
export function serviceNodeFlags(cores: number = availableParallelism()): string[] {
  return [`--v8-pool-size=${Math.max(1, Math.min(HELPERS_MAX, cores - 1))}`];
}

/** The limit of the young generation that a service has in the catalog; V8's default when it has none. */
export function semiSpaceFlags({ semiSpaceMiB }: Pick<ServiceDefinition, 'semiSpaceMiB'>): string[] {
  return semiSpaceMiB === undefined ? [] : [`--max-semi-space-size=${semiSpaceMiB}`];
}
