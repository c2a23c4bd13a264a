import type { ReplicaId } from '../entry.ts';
import type { Message } from '../message.ts';
import { FrameClass } from '../ports/transport.ts';
import { FrameWriter } from '../wire/frame-writer.ts';
import type { OutgoingFrame } from './host-ready.ts';

const CLASSES = [FrameClass.control, FrameClass.priority, FrameClass.bulk] as const;

/** Which lane a message wants: what keeps a leader in place goes before entries, entries before snapshots. */
function classOf({ type }: Message): FrameClass {
  if (type === 'append-request' || type === 'append-response') return FrameClass.priority;
  return type === 'snapshot-chunk' ? FrameClass.bulk : FrameClass.control;
}

/** Collects messages of all groups into few frames: one for each other host and class. */
export class Outbox {
  readonly #from: ReplicaId;
  readonly #writers = new Map<ReplicaId, Map<FrameClass, FrameWriter>>();

  constructor(from: ReplicaId) {
    this.#from = from;
  }

  add(group: number, message: Message, isLast: boolean): void {
    this.#writerFor(message.to, classOf(message)).add(group, message, isLast);
  }

  /** All that was added since the last time, control first. */
  take(): OutgoingFrame[] {
    const frames: OutgoingFrame[] = [];
    for (const frameClass of CLASSES)
      for (const [to, writers] of this.#writers)
        for (const bytes of writers.get(frameClass)?.take() ?? []) frames.push({ to, frameClass, bytes });
    return frames;
  }

  /** Nobody of that id is written to any more. */
  forget(to: ReplicaId): void {
    this.#writers.delete(to);
  }

  #writerFor(to: ReplicaId, frameClass: FrameClass): FrameWriter {
    let writers = this.#writers.get(to);
    if (writers === undefined) {
      writers = new Map();
      this.#writers.set(to, writers);
    }
    let writer = writers.get(frameClass);
    if (writer === undefined) {
      writer = new FrameWriter(this.#from, to);
      writers.set(frameClass, writer);
    }
    return writer;
  }
}
