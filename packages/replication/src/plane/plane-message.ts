import { versionedCommandField } from '../control-group/command.ts';
import { CONTROL_REASONS, type ControlReason, type ControlResult, done, refused } from '../control-group/reason.ts';
import type { DecodeFault } from '../wire/byte-reader.ts';
import { choice, record } from '../wire/composite.ts';
import { decode, encode, number, text, type ValueOf, versioned, word } from '../wire/field.ts';

const requestId = text(32);
const shortId = number(2 ** 32 - 1);
const OUTCOMES = ['done', ...(Object.keys(CONTROL_REASONS) as ControlReason[])] as const;
const outcome = word(OUTCOMES as readonly ['done', ...ControlReason[]]);

/** What members say to each other about the control group, besides Raft. */
const messageField = choice(
  {
    /** To the leader: put this into the log. */
    request: record({ command: versionedCommandField }),
    /** To whoever asked: what a command came to, and where in the log. */
    answer: record({ requestId, index: number(), outcome, value: number() }),
    /** To whoever asked: not taken here; `leader` is 0 when it is not known. Nothing was done. */
    declined: record({ requestId, leader: shortId }),
    /** To the leader: up to where must I have applied to see everything that is committed now? */
    read: record({ requestId }),
    readAnswer: record({ requestId, index: number() }),
    /** To a member that was removed, which the log does not reach any more. */
    removed: record({ why: word(['left', 'evicted', 'replaced', 'revoked']) }),
    /** How far does your log go? */
    position: record({ requestId }),
    positionAnswer: record({ requestId, term: number(), index: number() }),
  },
  { request: 1, answer: 2, declined: 3, read: 4, readAnswer: 5, removed: 6, position: 7, positionAnswer: 8 },
);
export type PlaneMessage = ValueOf<typeof messageField>;

const PLANE_VERSION = 1;

const wireField = versioned(PLANE_VERSION, messageField);

export function encodePlaneMessage(message: PlaneMessage): Uint8Array {
  return encode(wireField, message);
}

/** Never throws. */
export function decodePlaneMessage(
  bytes: Uint8Array,
): { readonly value: PlaneMessage } | { readonly fault: DecodeFault } {
  return decode(wireField, bytes);
}

export function answerMessage(id: string, index: number, result: ControlResult): PlaneMessage {
  const word = result.isDone ? 'done' : result.reason;
  return { kind: 'answer', requestId: id, index, outcome: word, value: result.value };
}

/** The result that an answer, on the wire or in the state, stands for. */
export function resultOf({ outcome: word, value }: { outcome: 'done' | ControlReason; value: number }): ControlResult {
  return word === 'done' ? done(value) : refused(word, value);
}
