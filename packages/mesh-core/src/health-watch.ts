import type { ControlPlane } from '@peermesh/replication';
import type { MeshEvent } from './mesh-ready.ts';

const EVERY_MS = 250;

/** Tells when the mesh's health, or who cannot be reached, is another than before. */
export class HealthWatch {
  readonly #plane: ControlPlane;
  #atMs = 0;
  #seen = '';

  constructor(plane: ControlPlane) {
    this.#plane = plane;
  }

  get wakeAtMs(): number {
    return this.#atMs;
  }

  /** Something may have changed. */
  hurry(nowMs: number): void {
    this.#atMs = nowMs;
  }

  tick(nowMs: number): MeshEvent[] {
    if (nowMs < this.#atMs) return [];
    this.#atMs = nowMs + EVERY_MS;
    const health = this.#plane.health(nowMs);
    const unreachable = this.#plane.unreachable(nowMs);
    const seen = `${health} ${unreachable.join()}`;
    if (seen === this.#seen) return [];
    this.#seen = seen;
    return [{ kind: 'health', health, unreachable }];
  }
}
