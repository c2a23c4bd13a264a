/** Policies of the path computation element: paths are the installation's. */
const operators = { access: 'authenticated', minRole: 'admin', operatorsOnly: true } as const;

/** The body holds the credential: a proof that is signed with the key of a node. */
export const byNodeProof = { access: 'public' } as const;
export const readRoutes = { ...operators, action: 'router.read', scopes: ['router:read'] } as const;
export const writeRoutes = { ...operators, action: 'router.write', scopes: ['router:write'] } as const;
