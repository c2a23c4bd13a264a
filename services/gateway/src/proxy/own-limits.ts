import type { IncomingMessage } from 'node:http';
import { commonErrors } from '@peermesh/errors';
import { limitKeyOf } from './client-address.ts';
import type { EdgeParts } from './edge.ts';

/** Counts requests that the gateway answers itself against the table's default limits by address. Rejects with 429. */
export function createOwnLimits(parts: EdgeParts): (request: IncomingMessage) => Promise<void> {
  return async (request) => {
    const limits = parts.table.config.defaults?.limits?.rate ?? [];
    const caller = limitKeyOf(parts.addresses.of(request));
    for (const limit of limits) {
      if (limit.by !== 'ip') continue;
      const { allowed, resetMs } = await parts.limiter.take(limit, caller);
      if (allowed) continue;
      throw commonErrors.tooManyRequests({
        detail: `The limit "${limit.name}" is ${limit.q} requests in ${limit.w} seconds.`,
        retryAfterSeconds: Math.max(1, Math.ceil(resetMs / 1000)),
      });
    }
  };
}
