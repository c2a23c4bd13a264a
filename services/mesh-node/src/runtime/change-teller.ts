import type { MeshEvent } from '@peermesh/mesh-core';
import type { MeshChange } from '../ports.ts';
import type { MeshView } from './mesh-view.ts';

/** What watchers of the mesh hear of an event; null for what does not concern them. */
export function meshChangeOf(event: MeshEvent, view: MeshView): MeshChange | null {
  switch (event.kind) {
    case 'restored': {
      const mesh = view.meshOrNull();
      return mesh === null ? null : { type: 'mesh', mesh };
    }
    case 'changed': {
      const { change } = event;
      if (change.kind === 'member-admitted' || change.kind === 'member-updated') {
        const node = memberOrNull(view, change.member.shortId);
        const what = change.kind === 'member-admitted' ? 'joined' : 'updated';
        return node === null ? null : { type: 'node', change: what, node };
      }
      if (change.kind !== 'member-removed') return null;
      const { shortId, nodeId, name } = change.member;
      return { type: 'removed', change: change.why, shortId, nodeId, name };
    }
    case 'link':
      return { type: 'link', peer: event.shortId, isUp: event.isUp };
    case 'health':
      return {
        type: 'health',
        health: event.health.toLowerCase() as Extract<MeshChange, { type: 'health' }>['health'],
        unreachable: event.unreachable.length,
      };
    case 'leader':
      return { type: 'leader', leader: event.leader === 0 ? null : event.leader, term: event.term };
    default:
      return null;
  }
}

function memberOrNull(view: MeshView, shortId: number) {
  return view.meshOrNull() === null ? null : (view.nodes().find((node) => node.shortId === shortId) ?? null);
}
