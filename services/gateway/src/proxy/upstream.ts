import { type TargetOptions, UpstreamTarget } from './upstream-target.ts';

/** All instances of one service. Power of two choices over expected cost; ejected instances only when nothing else is left. */
export class Upstream {
  readonly service: string;
  readonly targets: readonly UpstreamTarget[];
  readonly #random: () => number;

  constructor(service: string, urls: readonly string[], options: TargetOptions & { readonly random?: () => number }) {
    this.service = service;
    this.targets = urls.map((url) => new UpstreamTarget(url, options));
    this.#random = options.random ?? Math.random;
  }

  /** A target for one attempt, not one of `tried` while there is another. */
  pick(nowMs: number, tried: readonly UpstreamTarget[]): UpstreamTarget {
    if (this.targets.length === 1) return this.targets[0]!;
    const fresh = this.targets.filter((target) => !tried.includes(target));
    const pool = fresh.length > 0 ? fresh : this.targets;
    const healthy = pool.filter((target) => target.ejectedUntilMs <= nowMs);
    if (healthy.length === 0)
      return pool.reduce((best, next) => (next.ejectedUntilMs < best.ejectedUntilMs ? next : best));
    if (healthy.length === 1) return healthy[0]!;
    const first = Math.floor(this.#random() * healthy.length);
    const offset = 1 + Math.floor(this.#random() * (healthy.length - 1));
    const [a, b] = [healthy[first]!, healthy[(first + offset) % healthy.length]!];
    return a.cost(nowMs) <= b.cost(nowMs) ? a : b;
  }

  failed(target: UpstreamTarget, nowMs: number): void {
    target.failed(nowMs, this.#random());
  }

  async close(): Promise<void> {
    await Promise.all(this.targets.map((target) => target.pool.destroy()));
  }
}
