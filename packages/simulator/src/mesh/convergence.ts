import type { EventQueue } from '../event-queue.ts';
import type { MeshWorld } from './world.ts';

const POLL_MS = 100;

/** Runs until `flaw` finds none, at most for so long. Returns what it last said: empty when all is well. */
export function runUntilFlawless(
  { queue }: { readonly queue: EventQueue },
  withinMs: number,
  flaw: () => string,
): string {
  const endMs = queue.nowMs + withinMs;
  let found = flaw();
  while (found !== '' && queue.nowMs < endMs) {
    queue.runUntil(Math.min(endMs, queue.nowMs + POLL_MS));
    found = flaw();
  }
  return found;
}

/** Why the mesh has not converged: somebody without a way, a view or a database that the others have; empty when it has. */
export function convergenceFlaw(world: MeshWorld): string {
  const nodes = world.all();
  const first = JSON.stringify(nodes[0]?.overlay?.router?.versions());
  for (const { name, overlay } of nodes) {
    for (const { id } of nodes) if (overlay?.reaches(id) !== true) return `${name} has no way to n${id}`;
    if (overlay?.membership?.activeCount !== nodes.length) return `${name} sees ${overlay?.membership?.activeCount}`;
    if (JSON.stringify(overlay.router?.versions()) !== first) return `${name} has another database`;
  }
  return '';
}
