import type { IntakeQuota } from '@peermesh/contracts/ingest';
import { ingestErrors } from '@peermesh/errors';
import type { QuotaStore } from '../adapters/pg/quota-store.ts';
import type { Clock } from '../ports.ts';

interface Entry {
  quota: IntakeQuota;
  day: string;
  readAt: number;
  pendingItems: number;
  pendingBytes: number;
}

const FRESH_MS = 10_000;

/**
 * Counts what tenants take in. Counting is local and written back once a second, so a row that everybody wants is not in
 * every transaction's way; over-admission is bounded by what all replicas take in within that second, and a crash
 * forgets at most one second of counting.
 */
export interface QuotaLedger {
  /** Throws PM_INGEST_QUOTA_EXCEEDED when the tenant may not take in this much more today. */
  assertRoom(tenantId: string, items: number, bytes: number): Promise<void>;
  count(tenantId: string, items: number, bytes: number): void;
  read(tenantId: string): Promise<IntakeQuota>;
  forget(tenantId: string): void;
  flush(): Promise<void>;
}

/** Makes a ledger over the stored quotas. Call `flush` regularly and before the process ends. */
export function createQuotaLedger(store: QuotaStore, clock: Clock): QuotaLedger {
  const entries = new Map<string, Entry>();
  const entryOf = async (tenantId: string): Promise<Entry> => {
    const now = clock();
    const day = now.toISOString().slice(0, 10);
    const known = entries.get(tenantId);
    if (known !== undefined && known.day === day && now.getTime() - known.readAt < FRESH_MS) return known;
    const quota = await store.read(tenantId, day);
    const current = entries.get(tenantId);
    const carries = current !== undefined && current.day === day;
    const entry = {
      quota,
      day,
      readAt: now.getTime(),
      pendingItems: carries ? current.pendingItems : 0,
      pendingBytes: carries ? current.pendingBytes : 0,
    };
    entries.set(tenantId, entry);
    return entry;
  };
  return {
    assertRoom: async (tenantId, items, bytes) => {
      const { quota, pendingItems, pendingBytes } = await entryOf(tenantId);
      const isOver =
        quota.itemsToday + pendingItems + items > quota.itemsPerDay ||
        quota.bytesToday + pendingBytes + bytes > quota.bytesPerDay;
      if (isOver) throw ingestErrors.quotaExceeded({ retryAfterSeconds: secondsToMidnight(clock()) });
    },
    count: (tenantId, items, bytes) => {
      const entry = entries.get(tenantId);
      if (entry === undefined) return;
      entry.pendingItems += items;
      entry.pendingBytes += bytes;
    },
    read: async (tenantId) => {
      const { quota, pendingItems, pendingBytes } = await entryOf(tenantId);
      return { ...quota, itemsToday: quota.itemsToday + pendingItems, bytesToday: quota.bytesToday + pendingBytes };
    },
    forget: (tenantId) => {
      const entry = entries.get(tenantId);
      if (entry !== undefined) entry.readAt = 0;
    },
    flush: async () => {
      for (const [tenantId, entry] of entries) {
        const { pendingItems, pendingBytes, day } = entry;
        if (pendingItems === 0) {
          if (clock().getTime() - entry.readAt > 10 * FRESH_MS) entries.delete(tenantId);
          continue;
        }
        entry.pendingItems -= pendingItems;
        entry.pendingBytes -= pendingBytes;
        try {
          const used = await store.add(tenantId, day, pendingItems, pendingBytes);
          entry.quota = { ...entry.quota, ...used };
        } catch (error) {
          entry.pendingItems += pendingItems;
          entry.pendingBytes += pendingBytes;
          throw error;
        }
      }
    },
  };
}

function secondsToMidnight(now: Date): number {
  return 86_400 - Math.floor((now.getTime() % 86_400_000) / 1000);
}
