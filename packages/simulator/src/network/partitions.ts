import type { LinkRule } from './link-rule.ts';

type Pair = (from: string, to: string) => boolean;

const cut = (appliesTo: Pair): LinkRule => ({ appliesTo, isCut: true });

/** Two sides that hear nothing of each other. */
export function splitRule(side: ReadonlySet<string>): LinkRule {
  return cut((from, to) => side.has(from) !== side.has(to));
}

/** Two sides and one node that reaches both (Cloudflare, "A Byzantine failure in the real world", 2020). */
export function bridgeRule(side: ReadonlySet<string>, bridge: string): LinkRule {
  return cut((from, to) => from !== bridge && to !== bridge && side.has(from) !== side.has(to));
}

/** Each node reaches only its neighbours in the order given (OmniPaxos, EuroSys 2023: chained scenario). */
export function chainRule(order: readonly string[]): LinkRule {
  const position = new Map(order.map((node, index) => [node, index]));
  return cut((from, to) => {
    const left = position.get(from);
    const right = position.get(to);
    return left !== undefined && right !== undefined && Math.abs(left - right) > 1;
  });
}

/** Only `hub` is connected to all; no other pair is (OmniPaxos: quorum-loss scenario). */
export function hubRule(hub: string): LinkRule {
  return cut((from, to) => from !== hub && to !== hub);
}

/** `isolated` is cut from all but `confidant` (OmniPaxos: constrained election). */
export function constrainedRule(isolated: string, confidant: string): LinkRule {
  return cut((from, to) => (from === isolated && to !== confidant) || (to === isolated && from !== confidant));
}

/** Messages from `from` to `to` vanish, the way back works. */
export function oneWayRule(from: string, to: string): LinkRule {
  return cut((source, target) => source === from && target === to);
}
