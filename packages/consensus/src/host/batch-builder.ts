import type { Entry } from '../entry.ts';
import type { GroupId, LogWrite } from '../ports/log-store.ts';
import type { Ready } from '../ready.ts';
import type { Snapshot } from '../snapshot.ts';
import type { GroupRead, HostReady } from './host-ready.ts';
import type { HostedGroup } from './hosted-group.ts';
import type { Outbox } from './outbox.ts';

/** What one group wants done, as part of a batch. */
export interface GroupReady {
  readonly hosted: HostedGroup;
  readonly ready: Ready;
}

/** Makes one batch of what many groups want done. */
export class BatchBuilder {
  readonly #outbox: Outbox;
  readonly #parts: GroupReady[] = [];
  readonly #writes: LogWrite[] = [];
  readonly #snapshots: { group: GroupId; snapshot: Snapshot }[] = [];
  readonly #committed: { group: GroupId; entries: readonly Entry[] }[] = [];
  readonly #reads: GroupRead[] = [];

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  /** The parts that wait for the disk. */
  get durableParts(): GroupReady[] {
    return this.#parts.filter(({ ready }) => ready.mustPersist);
  }

  add(hosted: HostedGroup, ready: Ready): void {
    const { id: group } = hosted;
    const { hardState, entries, snapshot, committed, reads } = ready;
    this.#parts.push({ hosted, ready });
    for (const message of ready.messages)
      if (!hosted.isWithheld(message)) this.#outbox.add(group, message, hosted.isLastHeartbeat(message));
    if (snapshot !== null) this.#snapshots.push({ group, snapshot });
    if (hardState !== null || entries.length > 0 || snapshot !== null)
      this.#writes.push({ group, hardState, restartAfter: snapshot?.index ?? null, entries });
    if (committed.length > 0) this.#committed.push({ group, entries: committed });
    for (const { context, index } of reads) this.#reads.push({ group, context, index });
  }

  finish(number: number): HostReady {
    const frames = this.#outbox.take();
    for (const { hosted, ready } of this.#parts)
      for (const message of ready.messagesAfterPersist) this.#outbox.add(hosted.id, message, false);
    return {
      number,
      frames,
      snapshots: this.#snapshots,
      writes: this.#writes,
      framesAfterPersist: this.#outbox.take(),
      committed: this.#committed,
      reads: this.#reads,
      touched: this.#parts.map(({ hosted }) => hosted.id),
      mustPersist: this.#parts.some(({ ready }) => ready.mustPersist),
    };
  }
}
