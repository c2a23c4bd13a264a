export type { DecodeFault } from './byte-reader.ts';
export { choice, list, record } from './composite.ts';
export { bytes, decode, encode, type Field, flag, number, text, type ValueOf, versioned, word } from './field.ts';
