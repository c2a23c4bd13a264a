import { availableParallelism } from 'node:os';

const HELPERS_MAX = 4;

/**
 * What Node is started with for a process of a service. V8 marks and sweeps on helper threads, four by default; with as many of them as
 * cores a collection takes the core away from the thread that answers requests, so one core stays free.
 */
export function serviceNodeFlags(cores: number = availableParallelism()): string[] {
  return [`--v8-pool-size=${Math.max(1, Math.min(HELPERS_MAX, cores - 1))}`];
}
