import type { SimDisk } from '../disk/disk.ts';
import type { SeededRandom } from '../random.ts';
import { type DiskHost, type FaultKind, target } from './fault.ts';

type Kind = FaultKind<DiskHost>;

/** A fault that changes how one disk behaves for as long as it lasts. */
function whileFault(
  name: string,
  summary: string,
  durationMs: readonly [number, number],
  change: (disk: SimDisk, random: SeededRandom, durationMs: number) => () => void,
): Kind {
  return {
    name,
    summary,
    durationMs,
    start(host, random, lengthMs) {
      const end = change(host.disk(target(host, random)), random, lengthMs);
      host.queue.after(lengthMs, end);
    },
  };
}

/** A fault that damages what one disk holds while its node is down; the node finds out when it starts. */
function damageFault(
  name: string,
  summary: string,
  damage: (host: DiskHost, node: string, random: SeededRandom) => boolean,
): Kind {
  return {
    name,
    summary,
    durationMs: [200, 3_000],
    start(host, random, durationMs) {
      const node = target(host, random);
      if (!host.mayDamage(node)) return;
      host.stop(node, 'kill');
      if (damage(host, node, random)) host.damaged(node);
      host.queue.after(durationMs, () => host.start(node));
    },
  };
}

const onLog =
  (damage: 'flipBit' | 'loseWrite' | 'misdirectWrite') =>
  (host: DiskHost, node: string, random: SeededRandom): boolean => {
    const files = host.logFiles(node);
    return files.length > 0 && host.disk(node)[damage](random.pick(files), random);
  };

export const DISK_FAULTS: readonly Kind[] = [
  {
    name: 'crash-during-fsync',
    summary: 'power is lost while an fsync is under way',
    durationMs: [100, 5_000],
    start(host, random, durationMs) {
      const node = target(host, random);
      const deadlineMs = host.queue.nowMs + 1_000;
      const watch = (): void => {
        if (!host.disk(node).isSyncing && host.queue.nowMs < deadlineMs) {
          host.queue.after(0.25, watch);
          return;
        }
        host.stop(node, random.pick(['power-clean', 'power-torn', 'power-reordered']));
        host.queue.after(durationMs, () => host.start(node));
      };
      watch();
    },
  },
  whileFault('write-error', 'EIO on every write of one disk', [500, 8_000], ({ faults }) => {
    faults.writeErrors++;
    return () => void faults.writeErrors--;
  }),
  whileFault('fsync-error', 'EIO on every fsync of one disk: fatal for the process', [500, 8_000], ({ faults }) => {
    faults.fsyncErrors++;
    return () => void faults.fsyncErrors--;
  }),
  whileFault('disk-full', 'ENOSPC on every write of one disk', [500, 10_000], ({ faults }) => {
    faults.fullDisk++;
    return () => void faults.fullDisk--;
  }),
  {
    name: 'disk-stall',
    summary: 'nothing on one disk completes for 1 to 60 s',
    durationMs: [1_000, 60_000],
    start(host, random, durationMs) {
      const { faults } = host.disk(target(host, random));
      faults.stalledUntilMs = Math.max(faults.stalledUntilMs, host.queue.nowMs + durationMs);
    },
  },
  whileFault(
    'slow-fsync',
    'every fsync of one disk takes 5 to 200 ms longer',
    [1_000, 15_000],
    ({ faults }, random) => {
      const slowMs = random.between(5, 200);
      faults.slowMs += slowMs;
      return () => void (faults.slowMs -= slowMs);
    },
  ),
  damageFault('bit-flip-log', 'one bit of the log flips', onLog('flipBit')),
  damageFault('lost-write', 'an acknowledged write in the middle of the log was never made', onLog('loseWrite')),
  damageFault('misdirected-write', 'a write landed on top of another', onLog('misdirectWrite')),
  damageFault('bit-flip-snapshot', 'one bit of a snapshot flips', (host, node, random) => {
    const files = host.snapshotFiles(node);
    return files.length > 0 && host.disk(node).flipBit(random.pick(files), random);
  }),
  damageFault('wiped-disk', 'a node comes back with an empty disk', (host, node) => {
    host.disk(node).wipe();
    return true;
  }),
  {
    name: 'old-image-restore',
    summary: 'a node comes back with the disk it had 1 to 20 s ago',
    durationMs: [1_000, 20_000],
    start(host, random, durationMs) {
      const node = target(host, random);
      const image = host.disk(node).image();
      host.queue.after(durationMs * 0.9, () => {
        if (!host.nodes().includes(node) || !host.mayDamage(node)) return;
        host.stop(node, 'kill');
        host.disk(node).restore(image);
        host.damaged(node);
        host.queue.after(durationMs * 0.1, () => host.start(node));
      });
    },
  },
];
