import { encodeConfiguration, initialConfiguration } from '../configuration.ts';
import { type Entry, EntryKind } from '../entry.ts';
import type { Message, MessageBody } from '../message.ts';
import type { GroupMessage } from './group-message.ts';

const NUMBERS = [0, 1, 2, 127, 128, 300, 16_384, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 45 + 3, 2 ** 52];

/** A message of any type with any content that a replica may send. @param random in [0, 1) */
export function sampleMessage(random: () => number, from: number, to: number): GroupMessage {
  const below = (limit: number): number => Math.floor(random() * limit);
  const number = (): number => NUMBERS[below(NUMBERS.length)] ?? 0;
  const flag = (): boolean => random() < 0.5;
  const bytes = (limit: number): Uint8Array => Uint8Array.from({ length: below(limit) }, () => below(256));
  const term = 1 + number();
  const bodies: (() => MessageBody)[] = [
    () => ({ type: 'vote-request', isPre: flag(), isTransfer: flag(), lastIndex: number(), lastTerm: number() }),
    () => ({ type: 'vote-response', isPre: flag(), isGranted: flag() }),
    () => {
      const prev = { index: number(), term: 1 };
      const entries = sampleEntries(random, prev.index, term);
      return { type: 'append-request', prevIndex: prev.index, prevTerm: prev.term, commit: number(), entries };
    },
    () => ({ type: 'append-response', isOk: flag(), index: number(), hintIndex: number(), hintTerm: number() }),
    () => ({ type: 'heartbeat', commit: number(), round: below(2 ** 40) }),
    () => ({ type: 'heartbeat-response', round: number() }),
    () => {
      const data = bytes(200);
      const offset = below(1000);
      const totalBytes = offset + data.length + below(1000);
      const configuration = sampleConfiguration(random);
      return {
        type: 'snapshot-chunk',
        index: number(),
        snapshotTerm: number(),
        configuration,
        offset,
        totalBytes,
        data,
      };
    },
    () => ({ type: 'snapshot-response', index: number(), offset: number() }),
    () => ({ type: 'timeout-now' }),
  ];
  const body = (bodies[below(bodies.length)] as () => MessageBody)();
  const message = { ...body, from, to, term } as Message;
  const group = 1 + below(flag() ? 10 : 0xffff_ffff);
  return message.type === 'heartbeat' ? { group, message, isLast: flag() } : { group, message };
}

function sampleEntries(random: () => number, prevIndex: number, termMax: number): Entry[] {
  const count = Math.floor(random() * 5);
  let term = 1;
  return Array.from({ length: count }, (_, at) => {
    if (random() < 0.2) term = Math.min(termMax, term + Math.floor(random() * 1000));
    const isConfiguration = random() < 0.2;
    const kind = isConfiguration ? EntryKind.configuration : EntryKind.command;
    const data = isConfiguration
      ? encodeConfiguration(sampleConfiguration(random))
      : Uint8Array.from({ length: Math.floor(random() * 300) }, () => Math.floor(random() * 256));
    return { index: prevIndex + 1 + at, term, kind, data };
  });
}

function sampleConfiguration(random: () => number): ReturnType<typeof initialConfiguration> {
  const voters = Array.from({ length: 1 + Math.floor(random() * 5) }, (_, at) => at + 1);
  return { ...initialConfiguration(voters, random() < 0.3 ? [9] : []), learners: random() < 0.5 ? [] : [10, 11] };
}
