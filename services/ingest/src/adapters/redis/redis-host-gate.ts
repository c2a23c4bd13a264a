import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { HostGate, HostPermit } from '../../ports.ts';
import type { HostGateOptions } from '../local/local-host-gate.ts';

const ACQUIRE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local nextAt = tonumber(redis.call('GET', KEYS[2]) or '0')
if now < nextAt then return nextAt - now end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return math.max(tonumber(ARGV[3]), 250) end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[4]), ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
if tonumber(ARGV[3]) > 0 then redis.call('SET', KEYS[2], now + tonumber(ARGV[3]), 'PX', ARGV[3]) end
return 0`;

/**
 * A host gate that all replicas share. Redis keeps one sorted set of running permits and one earliest next start per
 * host; its own clock decides. While Redis is away every decision falls back to `local`, which is stricter, never looser,
 * than no gate at all.
 */
export function createRedisHostGate(
  redis: Redis,
  options: HostGateOptions,
  local: HostGate,
  onFallback: (cause: unknown) => void,
): HostGate {
  return {
    acquire: async (host, minDelayMs) => {
      const running = `ingest:host:{${host}}:running`;
      const nextAt = `ingest:host:{${host}}:next`;
      const permit = randomUUID();
      try {
        const waitMs = Number(
          await redis.eval(
            ACQUIRE,
            2,
            running,
            nextAt,
            permit,
            options.concurrencyPerHost,
            Math.ceil(minDelayMs),
            options.permitTtlMs,
          ),
        );
        if (waitMs > 0) return { granted: false, waitMs };
        return granted(async () => void (await redis.zrem(running, permit)), onFallback);
      } catch (cause) {
        onFallback(cause);
        return local.acquire(host, minDelayMs);
      }
    },
    close: () => local.close(),
  };
}

function granted(giveBack: () => Promise<void>, onFallback: (cause: unknown) => void): HostPermit {
  return { granted: true, release: () => giveBack().catch(onFallback) };
}
