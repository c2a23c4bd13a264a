import type { DecodeFault } from '../wire/byte-reader.ts';
import { decode, encode, type Field, versioned } from '../wire/field.ts';
import { type ControlState, stateField } from './state.ts';

/** Version of the snapshot's form, its first byte. */
export const SNAPSHOT_VERSION = 2;

const snapshotField = versioned<unknown>(SNAPSHOT_VERSION, stateField as Field<unknown>);

/** The same bytes on every replica that has applied the same log. */
export function encodeState(state: ControlState): Uint8Array {
  return encode(snapshotField, state);
}

/** The state, or why the bytes hold none. Never throws. */
export function decodeState(data: Uint8Array): { readonly value: ControlState } | { readonly fault: DecodeFault } {
  return decode(snapshotField, data) as { readonly value: ControlState } | { readonly fault: DecodeFault };
}
