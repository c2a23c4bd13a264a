import { ByteReader, type DecodeFault } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';

/** The binary form of a value, written and read by one definition. Equal values have equal bytes. */
export interface Field<T> {
  write(writer: ByteWriter, value: T): void;
  read(reader: ByteReader): T;
}

/** The value that a field describes. */
export type ValueOf<F> = F extends Field<infer T> ? T : never;

export function encode<T>(field: Field<T>, value: T): Uint8Array {
  const writer = new ByteWriter();
  field.write(writer, value);
  return writer.take();
}

/** The value, or why there is none; never throws. Bytes behind the value are refused. */
export function decode<T>(field: Field<T>, bytes: Uint8Array): { readonly value: T } | { readonly fault: DecodeFault } {
  const reader = new ByteReader(bytes);
  const value = field.read(reader);
  reader.end();
  return reader.fault === null ? { value } : { fault: reader.fault };
}

/** A whole number from 0 to `max`. */
export function number(max: number = Number.MAX_SAFE_INTEGER): Field<number> {
  return { write: (writer, value) => writer.number(value), read: (reader) => reader.number(max) };
}

export const flag: Field<boolean> = {
  write: (writer, value) => writer.u8(value ? 1 : 0),
  read: (reader) => {
    const byte = reader.u8();
    if (byte > 1) reader.refuse('bad-number');
    return byte === 1;
  },
};

export function text(bytesMax: number): Field<string> {
  return { write: (writer, value) => writer.text(value), read: (reader) => reader.text(bytesMax) };
}

export function bytes(bytesMax: number): Field<Uint8Array> {
  return { write: (writer, value) => writer.bytes(value), read: (reader) => reader.bytes(bytesMax) };
}

export function optional<T>(field: Field<T>): Field<T | null> {
  return {
    write: (writer, value) => {
      flag.write(writer, value !== null);
      if (value !== null) field.write(writer, value);
    },
    read: (reader) => (flag.read(reader) ? field.read(reader) : null),
  };
}

/** One of a fixed list of words; their order is part of the format. */
export function word<const W extends string>(words: readonly [W, ...W[]]): Field<W> {
  return {
    write: (writer, value) => writer.u8(words.indexOf(value)),
    read: (reader) => {
      const found = words[reader.u8()];
      if (found === undefined) reader.refuse('bad-choice');
      return found ?? words[0];
    },
  };
}

/** A field with its version in front, in one byte; any other version is refused as `bad-choice`. */
export function versioned<T>(version: number, field: Field<T>): Field<T> {
  return {
    write: (writer, value) => {
      writer.u8(version);
      field.write(writer, value);
    },
    read: (reader) => {
      if (reader.u8() !== version) reader.refuse('bad-choice');
      return field.read(reader);
    },
  };
}
