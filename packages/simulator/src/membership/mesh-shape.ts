import { MEMBERSHIP_PRESETS, type MembershipConfig } from '@peermesh/membership';
import type { SeededRandom } from '../random.ts';

/** How big and how long one seed's world is. */
export interface MeshShape {
  readonly nodes: number;
  readonly preset: keyof typeof MEMBERSHIP_PRESETS;
  readonly config: MembershipConfig;
  readonly lossRate: number;
  readonly latencyMs: readonly [number, number];
  readonly faultIntervalMs: number;
  /** Seeds answer only who joins for the first time, and no process restarts: members must find each other again. */
  readonly areSeedsGone: boolean;
  /** Faults happen from the forming of the mesh until then. */
  readonly healMs: number;
}

/** The mesh has formed by then. */
export const FORMED_MS = 20_000;
/** Time for one view after the last fault. */
export const CONVERGE_MS = 60_000;
/** Undisturbed time afterwards: the aftermath of the last claims, then silence. */
export const CALM_MS = 20_000;

/** Mostly small meshes for minutes, some of up to 200, some for hours. */
export function drawMeshShape(random: SeededRandom): MeshShape {
  const kind = random.next();
  const nodes = kind < 0.02 ? 200 : kind < 0.25 ? random.pick([20, 50]) : random.pick([2, 3, 5, 7, 10, 12]);
  const isLong = nodes <= 7 && random.chance(0.1);
  const preset = random.chance(0.8) ? 'lan' : 'wan';
  const latencyMs = preset === 'lan' ? ([1, random.between(2, 40)] as const) : ([5, random.between(10, 120)] as const);
  return {
    nodes,
    preset,
    config: MEMBERSHIP_PRESETS[preset],
    lossRate: random.chance(0.7) ? 0 : random.between(0.01, 0.1),
    latencyMs,
    faultIntervalMs: random.between(3_000, isLong ? 200_000 : 40_000),
    areSeedsGone: random.fork('seeds').chance(0.25),
    healMs: FORMED_MS + (isLong ? random.between(600_000, 7_200_000) : random.between(60_000, 180_000)),
  };
}

export function describeMeshShape({ nodes, preset, lossRate, latencyMs, healMs }: MeshShape): string {
  const loss = `${(lossRate * 100).toFixed(0)} % loss`;
  return `${nodes} nodes, ${preset}, ${loss}, ${latencyMs[1].toFixed(0)} ms, faults for ${(healMs / 1_000).toFixed(0)} s`;
}
