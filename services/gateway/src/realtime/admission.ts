import type { IncomingMessage } from 'node:http';
import { authorize, type Principal } from '@peermesh/authz';
import { gatewayRoutes, REALTIME_TOPICS, type RealtimeTopic } from '@peermesh/contracts/gateway';
import { commonErrors } from '@peermesh/errors';
import type { Identities } from '../proxy/identity.ts';
import { type Position, parsePosition } from './position.ts';
import type { TicketStore } from './tickets.ts';

/** A connection that may be opened. */
export interface GrantedConnection {
  readonly principal: Principal;
  readonly topics: readonly RealtimeTopic[];
  readonly after: Position | null;
}

/** Decides who may connect. */
export interface RealtimeAdmission {
  /** Rejects with a catalogue error for the HTTP answer. */
  admit(request: IncomingMessage): Promise<GrantedConnection>;
}

const TOKEN_PARAMETERS = ['token', 'access_token', 'authorization', 'api_key', 'apikey', 'key'];
const IDENTITY = { jwt: true, apiKey: true } as const;

/** Admits by Authorization header, API key or ticket. */
export function createRealtimeAdmission(
  identities: Identities,
  tickets: TicketStore,
  limit: (request: IncomingMessage) => Promise<void>,
): RealtimeAdmission {
  return {
    async admit(request) {
      await limit(request);
      const query = new URL(request.url ?? '/', 'http://gateway').searchParams;
      if (TOKEN_PARAMETERS.some((name) => query.has(name))) {
        throw invalid('/query', 'credentials do not belong in a URL: use the Authorization header, or a ticket');
      }
      const topics = topicsOf(query.get('topics'));
      const after = afterOf(query.get('resume') ?? request.headers['last-event-id']);
      const principal = await principalOf(request, query.get('ticket'));
      if (principal.expiresAt * 1000 <= Date.now())
        throw commonErrors.unauthenticated({ detail: 'The token has expired.' });
      const decision = authorize(principal, gatewayRoutes.connectRealtime.policy);
      if (!decision.allowed) throw commonErrors.forbidden({ meta: { decisionId: decision.decisionId } });
      return { principal, topics, after };
    },
  };

  async function principalOf(request: IncomingMessage, ticket: string | null): Promise<Principal> {
    if (ticket === null) return (identities.cached(request) ?? (await identities.resolve(request, IDENTITY))).principal;
    const principal = await tickets.redeem(ticket);
    if (!identities.isStillGood(principal, Date.now()))
      throw commonErrors.unauthenticated({ detail: 'The token was revoked.' });
    return principal;
  }
}

function topicsOf(text: string | null): RealtimeTopic[] {
  if (text === null || text === '') return [];
  const names = [...new Set(text.split(','))];
  const unknown = names.find((name) => !REALTIME_TOPICS.includes(name as RealtimeTopic));
  if (unknown !== undefined) throw invalid('/query/topics', `there is no topic "${unknown.slice(0, 40)}"`);
  return names as RealtimeTopic[];
}

function afterOf(token: string | string[] | null | undefined): Position | null {
  if (token === null || token === undefined || token === '') return null;
  const position = parsePosition(String(token));
  if (position === null) throw invalid('/query/resume', 'not a resume token');
  return position;
}

function invalid(pointer: string, message: string): Error {
  return commonErrors.validationFailed({ detail: 'The connection cannot be opened.', errors: [{ pointer, message }] });
}
