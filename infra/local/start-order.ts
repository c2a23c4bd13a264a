import type { ServiceDefinition } from '../catalog.ts';

/** What has a place in the order: a process of a service. */
export interface Starting {
  readonly definition: Pick<ServiceDefinition, 'name' | 'calls'>;
}

/**
 * Starts processes, at most `atOnce` at a time, each when all services that it calls are ready, in the given order otherwise. A
 * service is ready when all of its processes are; one that is not to be started is not waited for. Rejects with the first
 * failure, and begins nothing after it; what has begun goes on.
 */
export async function startInOrder<Process extends Starting>(
  processes: readonly Process[],
  atOnce: number,
  start: (process: Process) => Promise<void>,
): Promise<void> {
  const waiting = [...processes];
  const running = new Map<Process, Promise<void>>();
  while (waiting.length + running.size > 0) {
    const unready = new Set([...waiting, ...running.keys()].map(({ definition }) => definition.name));
    const next = waiting.find(({ definition }) => !definition.calls.some((name) => unready.has(name)));
    if (next === undefined && running.size === 0)
      throw new Error('services of the catalog call each other in a circle');
    if (next === undefined || running.size >= atOnce) {
      await Promise.race(running.values());
      continue;
    }
    waiting.splice(waiting.indexOf(next), 1);
    running.set(
      next,
      start(next).then(() => void running.delete(next)),
    );
  }
}
