import type { MeshHealth } from '../control-group/command.ts';

/** How well the mesh is, from how many of its members cannot be reached: none, fewer than half, or half and more. */
export function meshHealth(memberCount: number, unreachableCount: number): MeshHealth {
  if (unreachableCount === 0) return 'HEALTHY';
  return unreachableCount * 2 < memberCount ? 'DEGRADED' : 'CRITICAL';
}
