import { createHash, randomBytes } from 'node:crypto';
import type { Principal } from '@peermesh/authz';
import { commonErrors, gatewayErrors } from '@peermesh/errors';
import type { Redis } from 'ioredis';

const LIFETIME_SECONDS = 30;
const FORM = /^rtt_[A-Za-z0-9_-]{43}$/;

/** Tickets that open one connection each. Any replica takes a ticket of any other. */
export interface TicketStore {
  issue(principal: Principal): Promise<{ readonly ticket: string; readonly expiresAt: Date }>;
  /** The owner; rejects with 401 for a ticket that is unknown, expired or used. */
  redeem(ticket: string): Promise<Principal>;
}

/** Tickets in Redis, under their hash, so that nobody who reads Redis can use one. */
export function createTicketStore(redis: Redis): TicketStore {
  return {
    async issue(principal) {
      const ticket = `rtt_${randomBytes(32).toString('base64url')}`;
      await reachable(redis.set(keyOf(ticket), JSON.stringify(principal), 'EX', LIFETIME_SECONDS));
      return { ticket, expiresAt: new Date(Date.now() + LIFETIME_SECONDS * 1000) };
    },
    async redeem(ticket) {
      if (!FORM.test(ticket)) throw gatewayErrors.ticketInvalid();
      const stored = await reachable(redis.getdel(keyOf(ticket)));
      if (stored === null) throw gatewayErrors.ticketInvalid();
      return JSON.parse(stored) as Principal;
    },
  };
}

function keyOf(ticket: string): string {
  return `gateway:ticket:${createHash('sha256').update(ticket).digest('base64url')}`;
}

async function reachable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw commonErrors.unavailable({ detail: 'Tickets are not to be had now.', cause, retryAfterSeconds: 2 });
  }
}
