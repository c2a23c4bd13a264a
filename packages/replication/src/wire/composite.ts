import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { Field, ValueOf } from './field.ts';

type Shape = Readonly<Record<string, Field<never>>>;
type RecordOf<S> = { readonly [K in keyof S]: ValueOf<S[K]> };

/** Fields one after the other; their order is part of the format. */
export function record<S extends object>(shape: S): Field<RecordOf<S>> {
  const fields = Object.entries(shape as Shape) as [string, Field<unknown>][];
  return {
    write: (writer, value) => {
      for (const [name, field] of fields) field.write(writer, value[name as keyof S]);
    },
    read: (reader) => {
      const value: Record<string, unknown> = {};
      for (const [name, field] of fields) value[name] = field.read(reader);
      return value as RecordOf<S>;
    },
  };
}

export function list<T>(field: Field<T>, lengthMax: number): Field<readonly T[]> {
  return {
    write: (writer, values) => {
      writer.number(values.length);
      for (const value of values) field.write(writer, value);
    },
    read: (reader) => {
      const values: T[] = [];
      const length = lengthOf(reader, lengthMax);
      while (values.length < length && reader.fault === null) values.push(field.read(reader));
      return values;
    },
  };
}

/** A map in the order of its keys, so that equal maps have equal bytes; on reading, keys must come in that order. */
export function sortedMap<K extends string | number, V>(
  key: Field<K>,
  value: Field<V>,
  sizeMax: number,
): Field<ReadonlyMap<K, V>> {
  return {
    write: (writer, map) => {
      writer.number(map.size);
      for (const [k, v] of Array.from(map).sort(([a], [b]) => compare(a, b))) {
        key.write(writer, k);
        value.write(writer, v);
      }
    },
    read: (reader) => {
      const map = new Map<K, V>();
      const size = lengthOf(reader, sizeMax);
      let last: K | undefined;
      while (map.size < size && reader.fault === null) {
        const k = key.read(reader);
        if (last !== undefined && compare(last, k) >= 0) reader.refuse('not-sorted');
        last = k;
        map.set(k, value.read(reader));
      }
      return map;
    },
  };
}

type Tagged<C> = { [K in keyof C]: { readonly kind: K } & ValueOf<C[K]> }[keyof C];

/** One of several records, told apart by `kind`; tags are given by number, because names are free to change. */
export function choice<C extends object>(cases: C, tags: Readonly<Record<keyof C, number>>): Field<Tagged<C>> {
  const byTag = new Map(Object.entries(tags).map(([kind, tag]) => [tag as number, kind as keyof C]));
  const field = (kind: keyof C): Field<unknown> => cases[kind] as Field<unknown>;
  return {
    write: (writer: ByteWriter, value) => {
      writer.u8(tags[value.kind]);
      field(value.kind).write(writer, value);
    },
    read: (reader: ByteReader) => {
      const kind = byTag.get(reader.u8());
      if (kind !== undefined) return { kind, ...(field(kind).read(reader) as object) } as Tagged<C>;
      reader.refuse('bad-choice');
      return { kind: Object.keys(tags)[0] } as Tagged<C>;
    },
  };
}

function lengthOf(reader: ByteReader, max: number): number {
  const length = reader.number(Number.MAX_SAFE_INTEGER);
  if (length > max) reader.refuse('oversize');
  else if (length > reader.remaining) reader.refuse('truncated');
  return reader.fault === null ? length : 0;
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
