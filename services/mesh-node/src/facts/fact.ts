import type { EventData } from '@peermesh/contracts';
import type {
  LinkStateChanged,
  MeshAdministered,
  MeshStatusChanged,
  NodeFailed,
  PeerHealthChanged,
  TopologyChanged,
} from '@peermesh/contracts/events';
import type { Mesh, Topology } from '@peermesh/contracts/mesh';

/** A member as facts name it. */
export interface FactMember {
  readonly meshId: string;
  readonly shortId: number;
  readonly nodeId: string;
  readonly name: string;
  readonly region: string;
}

/** Something that happened in the mesh, to be stored and told once PostgreSQL is there. */
export type Fact =
  | { readonly kind: 'mesh'; readonly mesh: Mesh }
  | {
      readonly kind: 'member';
      readonly change: 'joined' | 'left' | 'evicted';
      readonly member: FactMember;
      readonly addresses: readonly string[];
      /** Version of the control group's state that says so. */
      readonly version: number;
      readonly override: boolean;
    }
  | { readonly kind: 'liveness'; readonly data: EventData<typeof NodeFailed> }
  | { readonly kind: 'peer_health'; readonly data: EventData<typeof PeerHealthChanged> }
  | {
      readonly kind: 'decision';
      readonly data: EventData<typeof MeshAdministered>;
      /** Of the mesh: another one of the same name begins a log of its own. */
      readonly incarnation: string;
    }
  | { readonly kind: 'health'; readonly data: EventData<typeof MeshStatusChanged> }
  | { readonly kind: 'link_state'; readonly data: EventData<typeof LinkStateChanged> }
  | {
      readonly kind: 'topology';
      readonly data: EventData<typeof TopologyChanged>;
      readonly topology: Topology;
      readonly at: Date;
    }
  | {
      readonly kind: 'messages';
      readonly meshId: string;
      readonly node: number;
      readonly tenantId: string;
      readonly topic: string;
      readonly origin: number;
      readonly firstOffset: number;
      readonly messages: number;
      readonly bytes: number;
      readonly at: Date;
    };

/** Facts with the same key tell of the same thing, and only the last one counts; null when each counts. */
export function keyOf(fact: Fact): string | null {
  switch (fact.kind) {
    case 'mesh':
      return `mesh ${fact.mesh.meshId}`;
    case 'link_state':
      return `link_state ${fact.data.meshId} ${fact.data.origin}`;
    case 'peer_health':
      return `peer_health ${fact.data.meshId} ${fact.data.observedBy} ${fact.data.shortId}`;
    case 'topology':
      return `topology ${fact.data.meshId}`;
    default:
      return null;
  }
}
