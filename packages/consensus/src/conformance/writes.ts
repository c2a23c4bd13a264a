import { type Entry, EntryKind, type HardState } from '../entry.ts';
import type { LogStore, LogWrite } from '../ports/log-store.ts';

/** A command whose bytes tell its place. */
export function entry(index: number, term: number): Entry {
  return { index, term, kind: EntryKind.command, data: new TextEncoder().encode(`entry ${index} of term ${term}`) };
}

export function writeOf(group: number, entries: readonly Entry[], hardState: HardState | null = null): LogWrite {
  return { group, hardState, restartAfter: null, entries };
}

/** The whole log of a group, with data in a form that compares whatever kind of byte array it is. */
export function entriesOf(
  store: LogStore,
  group: number,
): { index: number; term: number; kind: number; data: number[] }[] {
  return store
    .read(group, 1, Number.MAX_SAFE_INTEGER)
    .map(({ index, term, kind, data }) => ({ index, term, kind, data: [...data] }));
}

export function indexesOf(entries: readonly Entry[]): number[] {
  return entries.map(({ index }) => index);
}
