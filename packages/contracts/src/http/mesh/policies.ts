/** Policies of the mesh: operating it is the installation's, its data every tenant's own. */
const operators = { access: 'authenticated', minRole: 'admin', operatorsOnly: true } as const;

export const readMesh = { ...operators, action: 'mesh.read', scopes: ['mesh:read'] } as const;
export const operateMesh = { ...operators, action: 'mesh.operate', scopes: ['mesh:operate'] } as const;

export const publishMessages = {
  access: 'authenticated',
  action: 'mesh_messages.publish',
  minRole: 'user',
  scopes: ['mesh:publish'],
} as const;
export const readMessages = {
  access: 'authenticated',
  action: 'mesh_messages.read',
  minRole: 'user',
  scopes: ['mesh:subscribe'],
} as const;
