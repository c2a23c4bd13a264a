import type { Logger, MetricsRegistry } from '@peermesh/telemetry';
import type { Redis } from 'ioredis';
import type { GatewayConfig } from '../config.ts';
import { FailsafeLeaseStore } from '../limits/failsafe-lease-store.ts';
import { MemoryLeaseStore } from '../limits/memory-lease-store.ts';
import { RateLimiter } from '../limits/rate-limiter.ts';
import { RedisLeaseStore } from '../limits/redis-lease-store.ts';

const CALLERS_MAX = 100_000;

/** The rate limiter on Redis, with budgets of this replica while Redis is away. */
export function createLimiter(
  config: GatewayConfig,
  parts: { readonly redis: Redis; readonly logger: Logger; readonly metrics: MetricsRegistry },
): { readonly limiter: RateLimiter; readonly store: FailsafeLeaseStore } {
  const degraded = parts.metrics.gauge({
    name: 'gateway_rate_limit_degraded',
    help: '1 while Redis is away and every replica counts on its own.',
  });
  degraded.set(0);
  const store = new FailsafeLeaseStore({
    shared: new RedisLeaseStore(parts.redis),
    local: new MemoryLeaseStore({ entriesMax: CALLERS_MAX, share: 1 / config.RATE_LIMIT_REPLICAS }),
    timeoutMs: config.RATE_LIMIT_TIMEOUT_MS,
    onChange: (isDegraded, cause) => {
      degraded.set(isDegraded ? 1 : 0);
      limiter.forget();
      if (isDegraded) parts.logger.warn({ err: cause }, 'rate limits are counted by this replica alone: Redis is away');
      else parts.logger.info('rate limits are shared again');
    },
  });
  const limiter = new RateLimiter({ store, entriesMax: CALLERS_MAX });
  return { store, limiter };
}
