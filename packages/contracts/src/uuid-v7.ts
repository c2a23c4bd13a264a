import { v7 } from 'uuid';

const POOL_BYTES = 4_096;
const DRAW_BYTES = 16;

const pool = new Uint8Array(POOL_BYTES);
let drawnTo = POOL_BYTES;
let lastMs = Number.NEGATIVE_INFINITY;
let sequence = 0;

/**
 * A UUIDv7 (RFC 9562) that sorts after every one made before it in this process: ids of one millisecond count on from a
 * random start (section 6.2, method 1). Random bytes are drawn from the system for 256 ids at once, which is most of the
 * cost of an id.
 */
export function uuidV7(nowMs: number = Date.now()): string {
  const random = draw();
  if (nowMs > lastMs) {
    lastMs = nowMs;
    sequence = ((at(random, 6) & 0x7f) << 24) | (at(random, 7) << 16) | (at(random, 8) << 8) | at(random, 9);
  } else {
    sequence = (sequence + 1) | 0;
    if (sequence === 0) lastMs += 1;
  }
  return v7({ msecs: lastMs, seq: sequence, random });
}

function draw(): Uint8Array {
  if (drawnTo === POOL_BYTES) {
    crypto.getRandomValues(pool);
    drawnTo = 0;
  }
  drawnTo += DRAW_BYTES;
  return pool.subarray(drawnTo - DRAW_BYTES, drawnTo);
}

const at = (bytes: Uint8Array, index: number): number => bytes[index] ?? 0;
