/** Byte strings of many rows as three parameters of one statement. */
export interface PackedBytes {
  readonly bytes: Buffer;
  /** Where each begins, counted from 1 as `substring` does; null where there is none. */
  readonly firsts: readonly (number | null)[];
  readonly sizes: readonly number[];
}

/**
 * Puts byte strings behind each other, to be cut apart by `substring(bytes FROM first FOR size)`. A buffer travels as it
 * is; an array of buffers would be written as hexadecimal text, twice as long and escaped.
 */
export function packBytes(parts: readonly (Uint8Array | null)[]): PackedBytes {
  let end = 1;
  const firsts = parts.map((part) => {
    if (part === null) return null;
    end += part.length;
    return end - part.length;
  });
  return {
    bytes: Buffer.concat(parts.flatMap((part) => part ?? [])),
    firsts,
    sizes: parts.map((part) => part?.length ?? 0),
  };
}
