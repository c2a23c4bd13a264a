import type { Advertisement, DisjointPaths, PathAnswer, PathConstraints, PathQuery, Version } from '@peermesh/routing';

/** Link states of a mesh that changed, for a thread to keep. */
export interface TopologyUpdate {
  readonly meshId: string;
  readonly revision: number;
  readonly changed: readonly Advertisement[];
  readonly gone: readonly number[];
}

/** A path without its number, which only means something on the node that installs it. */
export type ComputedPath = PathAnswer['paths'][number];

/** All paths from one node to another. */
export interface ComputedRoute {
  readonly destination: number;
  readonly paths: readonly ComputedPath[];
  readonly disjoint: DisjointPaths | undefined;
}

/** What a thread computes. */
export type Task =
  | { readonly kind: 'paths'; readonly meshId: string; readonly query: PathQuery }
  | {
      readonly kind: 'routes';
      readonly meshId: string;
      readonly source: number;
      /** Destinations whose paths are under constraints; the others get the cheapest ones. */
      readonly constrained: readonly { readonly destination: number; readonly constraints: PathConstraints }[];
      /** Holds for every destination that is not named. */
      readonly constraints: PathConstraints | null;
    };

/** What comes of it, and the topology that it comes from. */
export type TaskResult<T extends Task = Task> = T extends { readonly kind: 'paths' }
  ? { readonly revision: number; readonly answer: PathAnswer }
  : {
      readonly revision: number;
      readonly isKnown: boolean;
      /** The versions that took part, ascending by origin. */
      readonly basis: readonly (readonly [origin: number, Version])[];
      readonly routes: readonly ComputedRoute[];
    };

/** From the service to a thread. */
export type ThreadRequest =
  | { readonly kind: 'update'; readonly update: TopologyUpdate }
  | { readonly kind: 'task'; readonly id: number; readonly task: Task };

/** From a thread to the service. */
export type ThreadReply =
  | { readonly id: number; readonly result: TaskResult }
  | { readonly id: number; readonly error: string };
