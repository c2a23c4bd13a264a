import { decodeFrame, type Message } from '@peermesh/consensus';
import type { MemoryVolume } from '@peermesh/replication';
import type { InvariantRegistry } from '../invariant.ts';
import type { ControlInvariant } from './invariants.ts';

/** Looks at the frames of Raft that leave a machine: what they promise must be on its disk. */
export class PromiseCheck {
  readonly #registry: InvariantRegistry<ControlInvariant>;

  constructor(registry: InvariantRegistry<ControlInvariant>) {
    this.#registry = registry;
  }

  leaving(name: string, frame: Uint8Array, disk: Pick<MemoryVolume, 'hardState' | 'lastIndex'>): void {
    const decoded = decodeFrame(frame);
    if ('refused' in decoded) return this.#registry.check('PromisesKept', false, () => `${name}: ${decoded.refused}`);
    for (const { message } of decoded.messages) {
      const flaw = flawOf(message, disk);
      this.#registry.check('PromisesKept', flaw === '', () => `${name} to ${message.to}: ${flaw}`);
    }
  }
}

function flawOf(message: Message, { hardState, lastIndex }: Pick<MemoryVolume, 'hardState' | 'lastIndex'>): string {
  const { type, term } = message;
  const known = hardState?.term ?? 0;
  if (type === 'append-response' && message.isOk && message.index > lastIndex)
    return `acknowledges ${message.index}, and ${lastIndex} is on the disk`;
  const isVote = type === 'vote-response' && message.isGranted && !message.isPre;
  if (isVote && (known < term || (known === term && hardState?.vote !== message.to)))
    return `votes in term ${term}, and the vote of term ${known} on the disk is for ${hardState?.vote ?? 'nobody'}`;
  const isOwnVote = type === 'vote-request' && !message.isPre;
  return isOwnVote && known < term ? `stands in term ${term}, and term ${known} is on the disk` : '';
}
