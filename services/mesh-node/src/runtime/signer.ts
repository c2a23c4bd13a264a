import { type KeyObject, sign, verify } from 'node:crypto';
import type { OverlaySigner } from '@peermesh/overlay';
import { LRUCache } from 'lru-cache';
import { type NodeKey, publicKeyOf } from '../identity/index.ts';

const KEYS_MAX = 10_000;

/** Signs with the node's key; the keys of others are kept once they were made. */
export function createSigner({ privateKey }: Pick<NodeKey, 'privateKey'>): OverlaySigner {
  const keys = new LRUCache<string, KeyObject>({ max: KEYS_MAX });
  return {
    sign: (body) => sign(null, body, privateKey),
    verify: (nodeId, body, signature) => {
      try {
        let key = keys.get(nodeId);
        if (key === undefined) keys.set(nodeId, (key = publicKeyOf(nodeId)));
        return verify(null, body, key, signature);
      } catch {
        return false;
      }
    },
  };
}
