import type { FastifyRequest } from 'fastify';
import type { Origin } from '../../ports.ts';

const USER_AGENT_MAX = 300;

/** Where a request came from, as it is kept with sessions and decisions. */
export function originOf(request: FastifyRequest): Origin {
  const agent = request.headers['user-agent'];
  return { ip: request.ip, userAgent: agent?.slice(0, USER_AGENT_MAX) ?? null, requestId: request.id };
}
