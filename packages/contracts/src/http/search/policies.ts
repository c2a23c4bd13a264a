/** Policies of the search service's routes. */
export const readKnowledge = {
  access: 'authenticated',
  action: 'knowledge.read',
  minRole: 'user',
  scopes: ['knowledge:read'],
} as const;

export const writeKnowledge = {
  access: 'authenticated',
  action: 'knowledge.write',
  minRole: 'moderator',
  scopes: ['knowledge:write'],
} as const;

export const runSearch = {
  access: 'authenticated',
  action: 'search.query',
  minRole: 'user',
  scopes: ['search:read'],
} as const;

export const operateSearch = {
  access: 'authenticated',
  action: 'search.operate',
  minRole: 'admin',
  scopes: ['search:operate'],
  operatorsOnly: true,
} as const;
