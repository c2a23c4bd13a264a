import type { LinkRule } from '../network/link-rule.ts';
import type { SimMember } from './sim-member.ts';

/** How long after a disturbance its victims may still be held against it: the longest suspicion, its spread, a margin. */
export const AFTERMATH_MS = 25_000;

/** Share of packets that may be lost without anybody healthy being failed. */
const FAIR_LOSS = 0.2;

/** How a rule weighs: `fair` costs packets and excuses suspicions, `foul` excuses verdicts too. */
export type RuleWeight = 'fair' | 'foul';

/** A fault whose rules belong together. */
export type FaultToken = object;

/** What is true about the network and the processes: when were they last disturbed, and how badly? */
export class Disturbance {
  readonly #canConsult: boolean;
  readonly #weights = new Map<LinkRule, RuleWeight>();
  readonly #active = { fair: 0, foul: 0 };
  /** Faults that break one link between two members, and when each last began or ended. */
  readonly #linkFaults = new Map<LinkRule, FaultToken>();
  readonly #brokenAtMs = new Map<FaultToken, number>();
  #lossyAtMs = Number.NEGATIVE_INFINITY;
  #lossy = 0;
  #lateReceivers = 0;
  #lateAtMs = Number.NEGATIVE_INFINITY;
  #foulAtMs = Number.NEGATIVE_INFINITY;
  #fairAtMs = Number.NEGATIVE_INFINITY;

  /** `canConsult`: there are enough members for a second opinion; without, every rule is foul. */
  constructor(canConsult: boolean) {
    this.#canConsult = canConsult;
  }

  /** Says how rules of this fault weigh, before they start; by default they excuse everything. */
  weigh(rule: LinkRule, weight: RuleWeight): void {
    this.#weights.set(rule, weight);
  }

  /** Says that a rule does nothing but break one link, and to which fault it belongs. */
  breaksOneLink(rule: LinkRule, fault: FaultToken): void {
    this.#linkFaults.set(rule, fault);
  }

  onRule(rule: LinkRule, isStart: boolean, nowMs: number): void {
    const weight = this.#canConsult ? (this.#weights.get(rule) ?? 'foul') : 'foul';
    this.#active[weight] += isStart ? 1 : -1;
    if (weight === 'foul') this.#foulAtMs = nowMs;
    this.#fairAtMs = nowMs;
    const fault = this.#linkFaults.get(rule);
    if (fault === undefined) {
      this.#lossy += isStart ? 1 : -1;
      this.#lossyAtMs = nowMs;
    } else this.#brokenAtMs.set(fault, isStart ? Number.POSITIVE_INFINITY : nowMs);
  }

  /** A node starts or ends to be handed its packets late. */
  onLateReceiver(isStart: boolean, nowMs: number): void {
    this.#lateReceivers += isStart ? 1 : -1;
    this.#lateAtMs = nowMs;
    if (this.#canConsult) return;
    this.#active.foul += isStart ? 1 : -1;
    this.#foulAtMs = nowMs;
  }

  /** When the last rule of any weight ended. */
  get lastRuleAtMs(): number {
    return this.#fairAtMs;
  }

  /** No packet has been lost or late for a while. */
  isNetworkPerfect(nowMs: number): boolean {
    if (this.#active.fair + this.#active.foul + this.#lateReceivers > 0) return false;
    return nowMs - Math.max(this.#fairAtMs, this.#lateAtMs) > AFTERMATH_MS;
  }

  /** No packet has been lost or late for a while but on the link between two members. */
  isOneLinkBroken(nowMs: number): boolean {
    const quietMs = nowMs - Math.max(this.#lossyAtMs, this.#lateAtMs);
    if (!this.#canConsult || this.#lossy + this.#lateReceivers > 0 || quietMs <= AFTERMATH_MS) return false;
    return [...this.#brokenAtMs.values()].filter((atMs) => nowMs - atMs <= AFTERMATH_MS).length <= 1;
  }

  /** Everybody could be reached by somebody for a while. */
  isNetworkFair(nowMs: number): boolean {
    return this.#active.foul === 0 && nowMs - this.#foulAtMs > AFTERMATH_MS;
  }

  /** The process has run undisturbed for a while, and hears what is sent to it in time. */
  isHealthy({ isRunning, receiveDelayMs, disturbedAtMs }: SimMember, nowMs: number): boolean {
    return isRunning && receiveDelayMs === 0 && nowMs - disturbedAtMs > AFTERMATH_MS;
  }
}

/** Whether this drop rate alone may fail nobody. */
export function isFairLoss(rate: number): boolean {
  return rate <= FAIR_LOSS;
}
