import { hash } from 'node:crypto';
import type { Leg, SearchRequest } from '@peermesh/contracts/search';
import { LRUCache } from 'lru-cache';
import type { Viewer } from '../ports.ts';
import type { RunningBackend } from '../projection/generation-registry.ts';

/** Who may go on with a list of results: one tenant, one list of principals. */
export interface PageOwner {
  readonly tenantId: string;
  readonly owner: string;
}

const OWNERS_MAX = 1_000;

/** Digests of lists of principals. */
export class PageOwners {
  readonly #digests = new LRUCache<string, string>({ max: OWNERS_MAX });

  of({ tenantId, principals }: Viewer): PageOwner {
    const listed = [...principals].sort().join('\n');
    let owner = this.#digests.get(listed);
    if (owner === undefined) {
      owner = digest(listed);
      this.#digests.set(listed, owner);
    }
    return { tenantId, owner };
  }
}

/** The same for the same question of the same viewer while nothing has changed that could answer it. */
export function answerKey(request: SearchRequest, active: ReadonlyMap<Leg, RunningBackend>, viewer: Viewer): string {
  const state = [...active.values()].map(
    ({ generation, backend }) =>
      `${generation.kind}${generation.generation}.${generation.epoch}@${backend.watermark()}`,
  );
  return [viewer.tenantId, ...[...viewer.principals].sort(), ...state, JSON.stringify(request)].join('\n');
}

/** The same for every page of one search. */
export function fingerprintOf(request: SearchRequest): string {
  const { page: _page, deadlineMs: _deadlineMs, minSeq: _minSeq, ...rest } = request;
  return digest(JSON.stringify(rest));
}

function digest(text: string): string {
  return hash('sha256', text, 'base64url');
}
