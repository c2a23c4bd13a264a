import { BATCH_HEADER_BYTES } from '../wire/format.ts';
import type { Flow } from './flow.ts';
import type { Sender } from './sender.ts';

/**
 * Takes out what is queued, and copies what is in batches and was not given before: those stay, because they may have
 * arrived and the other side counts them.
 */
export function recall(sender: Sender): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (const space of sender.spaces) {
    for (const batch of space.unacked()) {
      if (batch.isRecalled) continue;
      batch.isRecalled = true;
      frames.push(batch.buffer.slice(BATCH_HEADER_BYTES, batch.length));
    }
    takeOut(sender, space.queued, frames);
    space.queuedBytes = 0;
  }
  takeOut(sender, sender.striped, frames);
  return frames;
}

function takeOut(sender: Sender, flows: Flow[], frames: Uint8Array[]): void {
  for (const flow of flows.splice(0)) {
    const { queue } = flow;
    frames.push(queue.bytes.slice(queue.head, queue.tail));
    sender.queuedBytes -= queue.size;
    queue.discard(queue.size);
    flow.isQueued = false;
  }
}
