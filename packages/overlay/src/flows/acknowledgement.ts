/** What a receiver says of one flow. All numbers are u32. */
export interface Acknowledgement {
  readonly flow: number;
  /** Epoch of the sender that the numbers belong to. */
  readonly senderEpoch: number;
  /** Of the flow at the sender. */
  readonly generation: number;
  /** Epoch of the receiver that says so. */
  readonly receiverEpoch: number;
  /** Every frame up to here has been taken. */
  readonly taken: number;
  /** Where a gap after `taken` ends: the first frame that has come behind it; 0 for no gap. */
  readonly gapEnd: number;
  /** Payload bytes granted since the flow began, modulo 2^32. */
  readonly creditBytes: number;
}

const ENTRY_BYTES = 28;
/** Entries of one frame. */
export const ACKNOWLEDGEMENTS_MAX = 512;

export function encodeAcknowledgements(list: readonly Acknowledgement[]): Uint8Array {
  const bytes = new Uint8Array(ENTRY_BYTES * list.length);
  const view = new DataView(bytes.buffer);
  for (const [index, entry] of list.entries()) {
    const at = index * ENTRY_BYTES;
    view.setUint32(at, entry.flow, true);
    view.setUint32(at + 4, entry.senderEpoch, true);
    view.setUint32(at + 8, entry.receiverEpoch, true);
    view.setUint32(at + 12, entry.taken, true);
    view.setUint32(at + 16, entry.gapEnd, true);
    view.setUint32(at + 20, entry.creditBytes, true);
    view.setUint32(at + 24, entry.generation, true);
  }
  return bytes;
}

/** Null for bytes of another length than whole entries. */
export function decodeAcknowledgements(bytes: Uint8Array): Acknowledgement[] | null {
  if (bytes.length === 0 || bytes.length % ENTRY_BYTES !== 0) return null;
  if (bytes.length > ENTRY_BYTES * ACKNOWLEDGEMENTS_MAX) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / ENTRY_BYTES }, (_, index) => {
    const at = index * ENTRY_BYTES;
    return {
      flow: view.getUint32(at, true),
      senderEpoch: view.getUint32(at + 4, true),
      receiverEpoch: view.getUint32(at + 8, true),
      taken: view.getUint32(at + 12, true),
      gapEnd: view.getUint32(at + 16, true),
      creditBytes: view.getUint32(at + 20, true),
      generation: view.getUint32(at + 24, true),
    };
  });
}
