import { createApiKey, getApiKey, listApiKeys, revokeApiKey } from './api-keys.ts';
import {
  changePassword,
  exchangeApiKey,
  getJwks,
  introspect,
  login,
  logout,
  refresh,
  register,
} from './authentication.ts';
import { getDecision, listDecisions } from './decisions.ts';
import { deleteRole, listRoles, putRole } from './roles.ts';
import { listSessions, revokeSession, revokeSessions } from './sessions.ts';
import { listSigningKeys, revokeSigningKey, rotateSigningKeys } from './signing-keys.ts';
import { createUser, deleteUser, getMe, getUser, listUsers, updateMe, updateUser } from './users.ts';

export { ApiKey, DecisionRecord, RoleDefinition, Session, SigningKey, TokenSet, User } from './schemas.ts';

/** Every route of the auth service. */
export const authRoutes = {
  register,
  login,
  refresh,
  logout,
  changePassword,
  exchangeApiKey,
  introspect,
  getJwks,
  getMe,
  updateMe,
  createUser,
  listUsers,
  getUser,
  updateUser,
  deleteUser,
  listRoles,
  putRole,
  deleteRole,
  listSessions,
  revokeSession,
  revokeSessions,
  createApiKey,
  listApiKeys,
  getApiKey,
  revokeApiKey,
  listDecisions,
  getDecision,
  listSigningKeys,
  rotateSigningKeys,
  revokeSigningKey,
} as const;
