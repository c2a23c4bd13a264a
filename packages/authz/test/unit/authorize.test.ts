import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorize, type Principal, principalsOf } from '@peermesh/authz';
import type { RoutePolicy } from '@peermesh/contracts';

const principal = (over: Partial<Principal> = {}): Principal => ({
  kind: 'user',
  subject: 'usr_1',
  tenantId: 'default',
  role: 'user',
  scopes: null,
  issuedAt: 0,
  expiresAt: 1,
  ...over,
});
const policy = (minRole: 'user' | 'moderator' | 'admin', ...scopes: string[]): RoutePolicy => ({
  access: 'authenticated',
  action: 'thing.write',
  minRole,
  scopes,
});
const forOperators: RoutePolicy = {
  access: 'authenticated',
  action: 'x.y',
  minRole: 'admin',
  scopes: [],
  operatorsOnly: true,
};

const cases: [string, Principal | null, RoutePolicy, boolean, string][] = [
  ['anybody on a public route', null, { access: 'public' }, true, 'public'],
  ['nobody on a protected route', null, policy('user'), false, 'no_principal'],
  ['a user where users may', principal(), policy('user'), true, 'role_and_scope'],
  ['a user where moderators may', principal(), policy('moderator'), false, 'role_too_low'],
  ['an admin where moderators may', principal({ role: 'admin' }), policy('moderator'), true, 'role_and_scope'],
  ['a role that nobody knows', principal({ role: 'emperor' }), policy('user'), false, 'role_unknown'],
  [
    'a role named like a member of every object',
    principal({ role: 'constructor' }),
    policy('user'),
    false,
    'role_unknown',
  ],
  [
    'a custom role that includes moderator',
    principal({ role: 'editor', includedRoles: ['editor', 'moderator', 'user'] }),
    policy('moderator'),
    true,
    'role_and_scope',
  ],
  [
    'a custom role that includes only user',
    principal({ role: 'reader', includedRoles: ['reader', 'user'] }),
    policy('moderator'),
    false,
    'role_too_low',
  ],
  [
    'all scopes',
    principal({ scopes: ['a:read', 'b:read'] }),
    policy('user', 'a:read', 'b:read'),
    true,
    'role_and_scope',
  ],
  ['one scope of two', principal({ scopes: ['a:read'] }), policy('user', 'a:read', 'b:read'), false, 'scope_missing'],
  ['no scope at all', principal({ scopes: [] }), policy('user', 'a:read'), false, 'scope_missing'],
  [
    'an administrator of another tenant where operators may',
    principal({ role: 'admin', tenantId: 'acme' }),
    forOperators,
    false,
    'not_an_operator',
  ],
  [
    'an administrator of the operating tenant where operators may',
    principal({ role: 'admin' }),
    forOperators,
    true,
    'role_and_scope',
  ],
  ['scopes do not lift a role', principal({ scopes: ['a:read'] }), policy('admin', 'a:read'), false, 'role_too_low'],
];
for (const [name, who, what, allowed, reason] of cases) {
  test(`${name}: ${allowed ? 'allowed' : 'denied'}`, () => {
    const decision = authorize(who, what);
    assert.deepEqual([decision.allowed, decision.reason], [allowed, reason]);
    assert.match(decision.decisionId, /^dec_[0-9a-f]{32}$/);
  });
}

test('a policy that names an unknown role lets nobody in', () => {
  const broken = { ...policy('user'), minRole: 'toString' } as unknown as RoutePolicy;
  assert.equal(authorize(principal({ role: 'admin' }), broken).allowed, false);
});

test('access control lists let a principal in as tenant, user, and every role that it includes', () => {
  assert.deepEqual(principalsOf(principal({ role: 'moderator' })), [
    'tenant',
    'user:usr_1',
    'role:user',
    'role:moderator',
  ]);
  assert.deepEqual(principalsOf(principal({ role: 'x', includedRoles: ['x', 'user'] })), [
    'tenant',
    'user:usr_1',
    'role:x',
    'role:user',
  ]);
});
