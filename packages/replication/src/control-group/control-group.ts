import { createHash } from 'node:crypto';
import { decode, encode } from '../wire/field.ts';
import { applyCommand } from './apply/apply-command.ts';
import type { ControlChange } from './change.ts';
import { type Command, versionedCommandField } from './command.ts';
import { LIMITS } from './limits.ts';
import { type ControlResult, done, refused } from './reason.ts';
import { decodeState, encodeState } from './snapshot.ts';
import { type ControlState, emptyState } from './state.ts';

/** Bytes that this replica cannot understand: it must stop, because going on would let it differ from the others. */
export class ControlGroupError extends Error {
  override readonly name = 'ControlGroupError';
}

/** Who made a request: a member, and the operator that it acts for; empty when it acts for itself. */
export interface Initiator {
  readonly actor: number;
  readonly operator: string;
}

/** What applying a command did. */
export interface Applied {
  readonly requestId: string;
  /** The member that asked, and who asked that member. */
  readonly by: Initiator;
  readonly result: ControlResult;
  /** Empty when it was refused, or when it is a request that was answered before. */
  readonly changes: readonly ControlChange[];
}

/**
 * The state machine of the mesh control group. It is fed committed commands in the order of the log and depends on nothing
 * else, so that all replicas are equal after the same entry. A request that comes twice is done once: its answer is kept
 * for {@link LIMITS.requestWindow} entries, and a request made before that window is refused.
 */
export class ControlGroup {
  #state: ControlState = emptyState();

  get state(): Readonly<ControlState> {
    return this.#state;
  }

  /** @throws ControlGroupError for bytes that are no command of a known version */
  apply(index: number, data: Uint8Array): Applied {
    const decoded = decode(versionedCommandField, data);
    if ('fault' in decoded)
      throw new ControlGroupError(`entry ${index} is no command that is known here: ${decoded.fault}`);
    const { header } = decoded.value;
    const state = this.#state;
    const { requestId, actor, operator } = header;
    const by = { actor, operator };
    state.appliedIndex = index;
    for (const [id, answer] of state.answered) {
      if (answer.index + LIMITS.requestWindow > index) break;
      state.answered.delete(id);
    }
    const before = state.answered.get(requestId);
    if (before !== undefined) return { requestId, by, result: answerOf(before), changes: [] };
    if (header.basis + LIMITS.requestWindow <= index)
      return { requestId, by, result: refused('request-too-old'), changes: [] };
    state.clockMs = Math.max(state.clockMs, header.atMs);
    const changes: ControlChange[] = [];
    const result = applyCommand({ state, header, index, changes }, decoded.value);
    const outcome = result.isDone ? 'done' : result.reason;
    state.answered.set(requestId, { index, outcome, value: result.value });
    return { requestId, by, result, changes };
  }

  snapshot(): Uint8Array {
    return encodeState(this.#state);
  }

  /** @throws ControlGroupError for bytes that are no snapshot of a known version */
  restore(data: Uint8Array): void {
    const decoded = decodeState(data);
    if ('fault' in decoded) throw new ControlGroupError(`no snapshot that is known here: ${decoded.fault}`);
    this.#state = decoded.value;
  }
}

/** The bytes of a command for the log. @throws RangeError when it is beyond a limit of the format */
export function encodeCommand(command: Command): Uint8Array {
  const data = encode(versionedCommandField, command);
  const decoded = decode(versionedCommandField, data);
  if ('fault' in decoded) throw new RangeError(`the command cannot be encoded: ${decoded.fault}`);
  return data;
}

/** What the control group keeps of a join key's secret. Secrets are random and long, so a plain hash is enough. */
export function joinKeyHash(meshId: string, secret: string): string {
  return createHash('sha256').update(`peermesh join key\0${meshId}\0${secret}`).digest('base64url');
}

function answerOf({
  outcome,
  value,
}: {
  outcome: 'done' | Extract<ControlResult, { isDone: false }>['reason'];
  value: number;
}): ControlResult {
  return outcome === 'done' ? done(value) : refused(outcome, value);
}
