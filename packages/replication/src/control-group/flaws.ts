import type { ControlState } from './state.ts';

/** What must hold after every command; each broken rule as one line, empty for a sound state. */
export function controlStateFlaws(state: Readonly<ControlState>): readonly string[] {
  const flaws: string[] = [];
  const claim = (holds: boolean, flaw: string): void => {
    if (!holds) flaws.push(flaw);
  };
  const members = [...state.members.values()];
  const unique = (values: readonly string[]): boolean => new Set(values).size === values.length;
  claim(unique(members.map(({ nodeId }) => nodeId)), 'two members have one key');
  claim(unique(members.map(({ name }) => name)), 'two members have one name');
  claim(unique(members.map(({ volumeId }) => volumeId)), 'two members have one disk');
  claim(state.meshId === '' || members.length > 0, 'the mesh has no member');
  claim(members.length === 0 || state.meshId !== '', 'there are members and no mesh');
  for (const [shortId, member] of state.members) {
    claim(shortId === member.shortId && shortId >= 1, `member ${shortId} is filed under another id`);
    claim(shortId < state.nextShortId, `short id ${shortId} may be given again`);
    claim(!state.evicted.has(member.nodeId), `member ${shortId} is evicted`);
    claim(!state.revokedIdentities.has(member.nodeId), `member ${shortId} is revoked`);
  }
  for (const { shortId } of state.former) claim(!state.members.has(shortId), `short id ${shortId} was given again`);
  for (const [id, { key, uses }] of state.joinKeys) {
    claim(id === key.id, `join key ${id} is filed under another id`);
    claim(key.usesMax === 0 || uses <= key.usesMax, `join key ${id} was used too often`);
  }
  for (const shortId of state.wrappedKeys.keys())
    claim(state.members.has(shortId), `${shortId} has gone and has a key`);
  claim(state.keyEpoch > 0 || state.wrappedKeys.size === 0, 'there are keys of no epoch');
  for (const settings of [state.configuration, state.parameters]) {
    for (const [key, { version }] of settings) {
      claim(version >= 1 && version <= state.settingVersion, `setting ${key} has a version that was never given`);
    }
  }
  return flaws;
}
