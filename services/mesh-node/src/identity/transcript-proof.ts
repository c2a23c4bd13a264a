import { sign, verify } from 'node:crypto';
import type { TranscriptProof } from '@peermesh/link';
import { type NodeKey, publicKeyOf } from './node-key.ts';

/** Signs handshakes with a node's key and verifies those of others by their node id. False for whatever is no signature. */
export function transcriptProof(key: NodeKey): TranscriptProof {
  return {
    sign: (statement) => new Uint8Array(sign(null, statement, key.privateKey)),
    verify: (nodeId, statement, proof) => {
      try {
        return verify(null, statement, publicKeyOf(Buffer.from(nodeId).toString('base64url')), proof);
      } catch {
        return false;
      }
    },
  };
}
