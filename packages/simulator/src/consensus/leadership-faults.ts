import type { FaultKind, NetworkHost } from '../nemesis/fault.ts';
import type { LinkRule } from '../network/link-rule.ts';

const LOOK_MS = 20;

const alone = (node: string): LinkRule => ({ appliesTo: (from, to) => from === node || to === node, isCut: true });

/**
 * What makes the log of a deposed leader longer and older than those of its voters (Raft, figure 7): only a comparison of terms keeps it
 * from being elected.
 */
export const LEADERSHIP_FAULTS: readonly FaultKind<NetworkHost>[] = [
  {
    name: 'deposed-leader-returns',
    summary: 'a leader is alone until there is another one; then that one is, and the first is heard again',
    durationMs: [3_000, 10_000],
    start(host, random, durationMs) {
      const [deposed] = host.focus();
      if (deposed === undefined || host.nodes().length < 3) return;
      const endMs = host.queue.nowMs + durationMs;
      const reunite = host.addRule(alone(deposed));
      const look = (): void => {
        const [leader] = host.focus();
        if (host.queue.nowMs >= endMs) return reunite();
        if (leader === undefined || leader === deposed) {
          host.queue.after(LOOK_MS, look);
          return;
        }
        host.queue.after(random.between(10, 300), () => {
          reunite();
          const release = host.addRule(alone(leader));
          host.queue.after(Math.max(0, endMs - host.queue.nowMs), release);
        });
      };
      look();
    },
  },
];
