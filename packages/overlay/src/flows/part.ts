/**
 * The head of a reliable frame's payload: `u32 epoch of the receiver, u8 part, 3 bytes zero`. A frame made for an earlier
 * life of the receiver says so itself, whatever it went through on the way.
 */
export const PART_HEADER_BYTES = 8;

/** How a frame's payload lies in its message. */
export const Part = {
  whole: 0,
  first: 1,
  middle: 2,
  last: 3,
  /** Carries nothing and has no sequence number: asks for an acknowledgement. */
  probe: 4,
} as const;
export type Part = (typeof Part)[keyof typeof Part];
export const PARTS_KNOWN = 4;
