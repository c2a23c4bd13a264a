export { CA_VALIDITY_MS, CertificateAuthority, NODE_VALIDITY_MS, TOKEN_VALIDITY_MS } from './certificate-authority.ts';
export { type JoinTokenRefusal, type JoinTokenRequest, signJoinToken, verifyJoinToken } from './join-token.ts';
export {
  createNodeKey,
  loadOrCreateNodeKey,
  type NodeKey,
  nodeIdOf,
  publicKeyBytes,
  publicKeyOf,
  readNodeKey,
} from './node-key.ts';
export { createFileOnce, replaceFile } from './private-file.ts';
export { RevocationList, type Revocations } from './revocation-list.ts';
export { transcriptProof } from './transcript-proof.ts';
