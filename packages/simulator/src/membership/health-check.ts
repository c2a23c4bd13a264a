import type { Disturbance } from './disturbance.ts';
import type { MembershipJudge } from './judge.ts';
import { CALM_MS, CONVERGE_MS, type MeshShape } from './mesh-shape.ts';
import type { MeshWorld } from './mesh-world.ts';

const CHECK_INTERVAL_MS = 1_000;
/** A dead node is known everywhere by then: a late first probe, the longest suspicion of a few, its spread. */
const DETECTION_LIMIT_MS = 20_000;
const LEARNING_MS = 10_000;
const LATE_WINDOW_MS = 10_000;
/** Accusations in that window by a node whose timeouts are stretched to the full; four per second without. */
const LATE_ACCUSATIONS_MAX = 12;

/** Looks at a world from outside, every second and after the last fault. */
export class HealthCheck {
  readonly #world: MeshWorld;
  readonly #judge: MembershipJudge;
  readonly #disturbance: Disturbance;
  readonly #shape: MeshShape;
  /** How long the views took to become one after the last fault. */
  convergedMs = Number.NaN;

  constructor(world: MeshWorld, judge: MembershipJudge, disturbance: Disturbance, shape: MeshShape) {
    this.#world = world;
    this.#judge = judge;
    this.#disturbance = disturbance;
    this.#shape = shape;
  }

  start(): void {
    this.#every();
    this.#world.queue.at(this.#shape.healMs, () => this.#awaitConvergence());
  }

  /** Why the views are not one yet, or undefined when they are. */
  disagreement(): string | undefined {
    const running = [...this.#world.members()].filter(({ isRunning }) => isRunning);
    const [first] = running;
    for (const { id, core } of running) {
      if (core.activeCount !== running.length) return `${id} sees ${core.activeCount} of ${running.length}`;
      if (core.viewDigest !== first?.core.viewDigest) return `${id} and ${first?.id} hold different incarnations`;
    }
    return undefined;
  }

  #every(): void {
    const { queue } = this.#world;
    this.#checkDead(queue.nowMs);
    this.#checkLate(queue.nowMs);
    queue.after(CHECK_INTERVAL_MS, () => this.#every());
  }

  #checkDead(nowMs: number): void {
    if (!this.#disturbance.isNetworkPerfect(nowMs) || this.#shape.lossRate > 0) return;
    for (const dead of this.#world.members()) {
      if (dead.isUp || !(nowMs - dead.downSinceMs > this.#limitMs())) continue;
      for (const observer of this.#world.members()) {
        if (!this.#disturbance.isHealthy(observer, nowMs)) continue;
        const state = observer.core.get(dead.id)?.state;
        const isKnown = state !== 'alive' && state !== 'suspect';
        const lastedMs = nowMs - dead.downSinceMs;
        const say = (): string => `${observer.id} sees ${dead.id} ${state}, ${lastedMs.toFixed(0)} ms after its death`;
        this.#judge.registry.check('DeadIsFound', isKnown, say);
      }
    }
  }

  #checkLate(nowMs: number): void {
    for (const member of this.#world.members()) {
      if (member.receiveDelayMs === 0 || nowMs - member.lateSinceMs < LEARNING_MS + LATE_WINDOW_MS) continue;
      if (!member.isRunning || member.costMs > 0 || this.#shape.preset !== 'lan') continue;
      const recent = member.accusations.filter((atMs) => nowMs - atMs < LATE_WINDOW_MS).length;
      const say = (): string => `${member.id} accused ${recent} times in ${LATE_WINDOW_MS} ms`;
      this.#judge.registry.check('SlowLearns', recent <= LATE_ACCUSATIONS_MAX, say);
    }
  }

  #limitMs(): number {
    return this.#shape.preset === 'lan' ? DETECTION_LIMIT_MS : DETECTION_LIMIT_MS * 3;
  }

  #awaitConvergence(): void {
    const { queue } = this.#world;
    const { healMs } = this.#shape;
    const reason = this.disagreement();
    if (reason === undefined) {
      this.convergedMs = queue.nowMs - healMs;
      this.#judge.registry.check('Converges', true, () => '');
      queue.at(healMs + CONVERGE_MS + CALM_MS / 2, () => {
        if (this.#shape.lossRate === 0) this.#judge.isQuiet = true;
      });
      return;
    }
    this.#judge.registry.check('Converges', queue.nowMs - healMs < CONVERGE_MS, () => reason);
    queue.after(CHECK_INTERVAL_MS / 4, () => this.#awaitConvergence());
  }
}
