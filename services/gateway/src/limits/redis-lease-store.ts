import type { Redis } from 'ioredis';
import type { Lease, LeaseRequest, LeaseStore } from '../ports.ts';

/** One hash per budget: window index, tokens of this window, tokens of the one before. Redis' clock rules. */
const LEASE_SCRIPT = `
local quota, window, want = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local index = math.floor(now / window)
local stored = redis.call('HMGET', KEYS[1], 'w', 'c', 'p')
local w, c, p = tonumber(stored[1]), tonumber(stored[2]) or 0, tonumber(stored[3]) or 0
if w ~= index then
  if w == index - 1 then p = c else p = 0 end
  c = 0
end
local elapsed = now - index * window
local free = math.floor(quota - c - p * (1 - elapsed / window))
local granted = math.max(0, math.min(want, free))
if granted > 0 then
  c = c + granted
  redis.call('HSET', KEYS[1], 'w', index, 'c', c, 'p', p)
  redis.call('PEXPIRE', KEYS[1], window * 2)
end
return {granted, c, p, elapsed}
`;

type LeaseReply = [granted: number, current: number, previous: number, elapsedMs: number];

/** Budgets shared by all replicas. All requests of one call travel in one pipeline. */
export class RedisLeaseStore implements LeaseStore {
  readonly #redis: Redis;
  #sha: string | null = null;

  constructor(redis: Redis) {
    this.#redis = redis;
    redis.on('close', () => {
      this.#sha = null;
    });
  }

  async lease(requests: readonly LeaseRequest[]): Promise<Lease[]> {
    this.#sha ??= (await this.#redis.script('LOAD', LEASE_SCRIPT)) as string;
    const pipeline = this.#redis.pipeline();
    for (const { key, quota, windowMs, want } of requests) {
      pipeline.evalsha(this.#sha, 1, `gateway:rate:${key}`, quota, windowMs, want);
    }
    const replies = await pipeline.exec();
    if (replies === null) throw new Error('the pipeline was discarded');
    return replies.map(([error, reply]) => {
      if (error !== null) {
        this.#sha = null;
        throw error;
      }
      const [granted, current, previous, elapsedMs] = reply as LeaseReply;
      return { granted, current, previous, elapsedMs };
    });
  }
}
