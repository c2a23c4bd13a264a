import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { refuseWithoutHost } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { type EdgeParts, handleProxied } from './edge.ts';

const OWN_PREFIXES = [
  '/api/v1/gateway',
  '/api/v1/realtime',
  '/api/v1/openapi.json',
  '/health/',
  '/docs',
  '/metrics',
  '/openapi.json',
];

/**
 * Puts the data plane in front of Fastify: what the gateway serves itself goes to Fastify, everything else is forwarded
 * by the route table without running Fastify's hooks. Call it after `app.ready()`.
 */
export function openFrontDoor(app: FastifyInstance, parts: EdgeParts): void {
  const own = app.server.listeners('request') as RequestListener[];
  app.server.removeAllListeners('request');
  app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (isOwn(request.url ?? '/')) for (const listener of own) listener(request, response);
    else if (!refuseWithoutHost(request, response)) handleProxied(parts, request, response);
  });
}

/** Whether the gateway answers this target itself. */
export function isOwn(target: string): boolean {
  for (const prefix of OWN_PREFIXES) {
    if (!target.startsWith(prefix)) continue;
    const next = target.charCodeAt(prefix.length);
    if (prefix.endsWith('/') || Number.isNaN(next) || next === 47 || next === 63) return true;
  }
  return false;
}
