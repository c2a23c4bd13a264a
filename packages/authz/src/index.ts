export {
  type Authenticator,
  type AuthenticatorOptions,
  createAuthenticator,
  REVOCATION_STALENESS_MAX_MS,
} from './authenticator.ts';
export { authorize, DEFAULT_ROLE_RANKS, type Decision, type RoleRanks } from './authorize.ts';
export { createIntrospector } from './introspector.ts';
export { type NodeProofClaims, signNodeProof, verifyNodeProof } from './node-proof.ts';
export { type Principal, principalsOf, rolesOf } from './principal.ts';
export {
  createRevocations,
  type RevocableToken,
  type Revocation,
  type RevocationSet,
  type RevocationSource,
} from './revocations.ts';
