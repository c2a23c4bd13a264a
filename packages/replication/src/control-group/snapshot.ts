import type { ByteReader, DecodeFault } from '../wire/byte-reader.ts';
import { decode, encode, type Field } from '../wire/field.ts';
import { type ControlState, stateField } from './state.ts';

/** Version of the snapshot's form, its first byte. */
export const SNAPSHOT_VERSION = 1;

const versioned: Field<unknown> = {
  write: (writer, value) => {
    writer.u8(SNAPSHOT_VERSION);
    stateField.write(writer, value as ControlState);
  },
  read: (reader: ByteReader) => {
    if (reader.u8() !== SNAPSHOT_VERSION) reader.refuse('bad-choice');
    return stateField.read(reader);
  },
};

/** The same bytes on every replica that has applied the same log. */
export function encodeState(state: ControlState): Uint8Array {
  return encode(versioned, state);
}

/** The state, or why the bytes hold none. Never throws. */
export function decodeState(data: Uint8Array): { readonly value: ControlState } | { readonly fault: DecodeFault } {
  return decode(versioned, data) as { readonly value: ControlState } | { readonly fault: DecodeFault };
}
