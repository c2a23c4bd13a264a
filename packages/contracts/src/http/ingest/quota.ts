import { type Static, Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';

/** What a tenant may take in, and what it has used today (UTC). */
export const IntakeQuota = Type.Object({
  itemsPerDay: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  bytesPerDay: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  sourcesMax: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  itemsToday: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  bytesToday: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
});
/** What a tenant may take in, and what it has used today. */
export type IntakeQuota = Static<typeof IntakeQuota>;

/** Shows the caller's tenant's quota and use. */
export const getIntakeQuota = defineRoute({
  id: 'ingest.quota.get',
  method: 'GET',
  path: '/api/v1/ingest/quota',
  summary: "Show the tenant's intake quota and today's use",
  tags: ['content'],
  policy: { access: 'authenticated', action: 'quota.read', minRole: 'user', scopes: ['content:read'] },
  responses: { 200: IntakeQuota },
  errors: [],
});

/** Replaces the quota of any tenant; for the operators of the installation, who pay for what tenants take in. */
export const setIntakeQuota = defineRoute({
  id: 'ingest.quota.set',
  method: 'PUT',
  path: '/api/v1/ingest/quotas/:tenantId',
  summary: "Set a tenant's intake quota",
  tags: ['content'],
  policy: {
    access: 'authenticated',
    action: 'quota.write',
    minRole: 'admin',
    scopes: ['admin'],
    operatorsOnly: true,
  },
  params: Type.Object({ tenantId: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$', examples: ['default'] }) }),
  body: Type.Object(
    {
      itemsPerDay: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
      bytesPerDay: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
      sourcesMax: Type.Integer({ minimum: 0, maximum: 100_000 }),
    },
    { additionalProperties: false },
  ),
  responses: { 200: IntakeQuota },
  errors: [],
});
