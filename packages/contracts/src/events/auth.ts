import { Type } from 'typebox';
import { defineEvent } from '../define-event.ts';
import { IdSchema } from '../ids.ts';
import { Timestamp } from '../timestamps.ts';

/** A user was created, changed or deleted. */
export const UserChanged = defineEvent({
  type: 'peermesh.auth.user_changed.v1',
  subject: 'auth.user_changed',
  stream: 'AUTH',
  description: 'A user was created, changed, disabled or deleted.',
  data: Type.Object({
    userId: IdSchema('user'),
    change: Type.Union([
      Type.Literal('created'),
      Type.Literal('updated'),
      Type.Literal('disabled'),
      Type.Literal('deleted'),
    ]),
    role: Type.String({ maxLength: 64 }),
    email: Type.Union([Type.String({ maxLength: 320 }), Type.Null()]),
  }),
});

/** Credentials are void from now on; every enforcement point drops them within a second. */
export const SessionRevoked = defineEvent({
  type: 'peermesh.auth.session_revoked.v1',
  subject: 'auth.session_revoked',
  stream: 'AUTH',
  description: 'A session, a token, an API key, everything of a user, or everything signed by a key was revoked.',
  data: Type.Object({
    kind: Type.Union([
      Type.Literal('session'),
      Type.Literal('token'),
      Type.Literal('api_key'),
      Type.Literal('user'),
      Type.Literal('signing_key'),
    ]),
    /** `sid`, `jti`, API key id, user id or `kid`, after `kind`. */
    id: Type.String({ minLength: 1, maxLength: 128 }),
    userId: Type.Union([IdSchema('user'), Type.Null()], { description: 'Whose credentials; null for a signing key.' }),
    reason: Type.String({ maxLength: 100 }),
    revokedAt: Timestamp,
    expiresAt: Type.Union([Timestamp, Type.Null()], {
      description: 'After this instant every affected token has expired by itself.',
    }),
  }),
});

/** An authentication or authorization decision, for the append-only log. */
export const DecisionLogged = defineEvent({
  type: 'peermesh.auth.decision_logged.v1',
  subject: 'auth.decision_logged',
  stream: 'AUTH',
  description: 'An enforcement point decided.',
  data: Type.Object({
    decisionId: IdSchema('decision'),
    kind: Type.Union([Type.Literal('authentication'), Type.Literal('authorization')]),
    actor: Type.Union([Type.String({ maxLength: 128 }), Type.Null()]),
    action: Type.String({ maxLength: 128 }),
    resource: Type.Union([Type.String({ maxLength: 256 }), Type.Null()]),
    allowed: Type.Boolean(),
    reason: Type.String({ maxLength: 200 }),
    service: Type.String({ maxLength: 40 }),
    ip: Type.Union([Type.String({ maxLength: 64 }), Type.Null()]),
    requestId: Type.Union([Type.String({ maxLength: 128 }), Type.Null()]),
    occurredAt: Timestamp,
  }),
});
