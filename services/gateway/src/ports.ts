import type { CloudEvent } from '@peermesh/contracts';
import type { RouteConfig, RouteSnapshot, RouteSnapshotSummary } from '@peermesh/contracts/gateway';

import type { StreamHistory } from './realtime/history.ts';
import type { Position, StreamKey } from './realtime/position.ts';

/** One wish for tokens of one budget. */
export interface LeaseRequest {
  readonly key: string;
  readonly quota: number;
  readonly windowMs: number;
  readonly want: number;
}

/** State of a budget after a lease: a sliding window made of the current and the previous fixed window. */
export interface Lease {
  readonly granted: number;
  /** Tokens given out in the current window, these included. */
  readonly current: number;
  readonly previous: number;
  /** Since the current window began. */
  readonly elapsedMs: number;
}

/** Gives out rate limit tokens in chunks. Replicas that share a store share the budgets. */
export interface LeaseStore {
  /** Answers in the order of the requests. Rejects as a whole when the store is away. */
  lease(requests: readonly LeaseRequest[]): Promise<Lease[]>;
}

/** Keeps the activated route tables. */
export interface RouteStore {
  /** The newest snapshot; null before the first activation. */
  active(): Promise<RouteSnapshot | null>;
  /** The newest revision, cheap enough to poll; 0 before the first activation. */
  activeRevision(): Promise<number>;
  history(limit: number): Promise<RouteSnapshotSummary[]>;
  byRevision(revision: number): Promise<RouteSnapshot | null>;
  /**
   * Appends a snapshot and tells the other replicas.
   * @returns null when `expectedRevision` is no longer the newest
   */
  activate(snapshot: {
    readonly config: RouteConfig;
    readonly digest: string;
    readonly source: 'api' | 'rollback';
    readonly activatedBy: string;
    readonly expectedRevision: number;
    readonly tenantId: string;
  }): Promise<RouteSnapshot | null>;
}

/** The events that the gateway hears of. */
export interface GatewayEvents {
  readonly history: StreamHistory;
  /** The last sequences of the realtime streams now. */
  position(): Promise<Position>;
  /** Realtime events after a position, each stream in its order. */
  follow(from: Position, handler: (event: CloudEvent, stream: StreamKey, sequence: number) => void): void;
  /** Revocations of the last token lifetime and all that follow. */
  followRevocations(handler: (event: CloudEvent) => void): { readonly caughtUp: Promise<void>; stalenessMs(): number };
  /** Route tables that other replicas activate. */
  followRoutes(handler: () => void): void;
  /** Fails when the broker does not answer. */
  ping(): Promise<void>;
  stop(): Promise<void>;
}
