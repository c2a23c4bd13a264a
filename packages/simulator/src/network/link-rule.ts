/** What a fault does to messages from one node to another while it lasts. Several rules add up. */
export interface LinkRule {
  /** Whether messages from `from` to `to` on `lane` are touched. */
  appliesTo(from: string, to: string, lane: number): boolean;
  /** Messages vanish. */
  readonly isCut?: boolean;
  /** Messages wait until the rule ends, then all arrive. */
  readonly isClogged?: boolean;
  readonly dropRate?: number;
  readonly duplicateRate?: number;
  /** The second copy takes up to this much longer; one that would arrive after the rule ended does not. */
  readonly duplicateLateMs?: number;
  /** Share of messages that take up to `reorderMs` longer and may be overtaken. */
  readonly reorderRate?: number;
  readonly reorderMs?: number;
  readonly delayMs?: number;
  readonly bytesPerMs?: number;
  /** Messages go through this node, which must be up and reachable from both. */
  readonly relay?: string;
}

/** The sum of all rules that apply to one message. */
export interface LinkConditions {
  isCut: boolean;
  clog: LinkRule | null;
  dropRate: number;
  duplicateRate: number;
  late: LinkRule | null;
  reorderRate: number;
  reorderMs: number;
  delayMs: number;
  bytesPerMs: number;
  relay: string | null;
}

export function conditionsOf(rules: Iterable<LinkRule>, from: string, to: string, lane: number): LinkConditions {
  const sum: LinkConditions = {
    isCut: false,
    clog: null,
    dropRate: 0,
    duplicateRate: 0,
    late: null,
    reorderRate: 0,
    reorderMs: 0,
    delayMs: 0,
    bytesPerMs: Number.POSITIVE_INFINITY,
    relay: null,
  };
  for (const rule of rules) {
    if (!rule.appliesTo(from, to, lane)) continue;
    if (rule.isCut === true) sum.isCut = true;
    if (rule.isClogged === true) sum.clog = rule;
    sum.dropRate = Math.max(sum.dropRate, rule.dropRate ?? 0);
    sum.duplicateRate = Math.max(sum.duplicateRate, rule.duplicateRate ?? 0);
    if (rule.duplicateLateMs !== undefined) sum.late = rule;
    sum.reorderRate = Math.max(sum.reorderRate, rule.reorderRate ?? 0);
    sum.reorderMs = Math.max(sum.reorderMs, rule.reorderMs ?? 0);
    sum.delayMs += rule.delayMs ?? 0;
    sum.bytesPerMs = Math.min(sum.bytesPerMs, rule.bytesPerMs ?? Number.POSITIVE_INFINITY);
    if (rule.relay !== undefined && rule.relay !== from && rule.relay !== to) sum.relay = rule.relay;
  }
  return sum;
}
