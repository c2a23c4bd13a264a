import { randomBytes } from 'node:crypto';
import type { MeshCore, OperationOutcome } from '@peermesh/mesh-core';
import type { CommandBody, ControlState, Member } from '@peermesh/replication';
import type { Logger } from '@peermesh/telemetry';
import type { KeyRing } from './key-ring.ts';
import { type SealingKey, seal } from './sealing.ts';

const ROOT_KEY_BYTES = 32;
/** After a refusal the control group is left alone for so long. */
const PAUSE_MS = 10_000;

export interface KeyKeeperOptions {
  readonly core: MeshCore;
  /** Asks the control group. */
  readonly ask: (body: CommandBody, operator: string) => Promise<OperationOutcome>;
  readonly sealing: SealingKey;
  readonly ring: KeyRing;
  readonly logger: Logger;
  readonly wallMs: () => number;
  readonly now: () => number;
  /** An epoch is at most so old. */
  readonly ageMsMax: number;
}

/**
 * Keeps the key epochs of a mesh: opens what was sealed for this node; on the leader begins a new epoch when a member has gone
 * or the old one is too old, and gives newcomers the present key. Randomness comes into the control group by its commands.
 */
export class KeyKeeper {
  readonly #options: KeyKeeperOptions;
  #run: Promise<void> | null = null;
  #isDue = false;
  #pausedUntilMs = 0;
  #failedEpoch = 0;
  /** Keys that were sealed for this node and cannot be opened. */
  unopenedCount = 0;

  constructor(options: KeyKeeperOptions) {
    this.#options = options;
  }

  /** Resolves when all that is due is done; one thing at a time. Call it when the control group has changed, and every few seconds. */
  work(): Promise<void> {
    this.#isDue = true;
    this.#run ??= this.#workOff().finally(() => (this.#run = null));
    return this.#run;
  }

  /** A new epoch because an operator asks for it. */
  async rotate(operator: string): Promise<OperationOutcome> {
    const state = this.#state();
    if (state === null) return { kind: 'not-a-member' };
    return this.#options.ask(await this.#newEpoch(state), operator);
  }

  async #workOff(): Promise<void> {
    while (this.#isDue) {
      this.#isDue = false;
      await this.#open();
      await this.#lead();
    }
  }

  async #open(): Promise<void> {
    const { core, ring, sealing, logger } = this.#options;
    const state = this.#state();
    if (state === null) return core.phase === 'idle' ? ring.clear() : undefined;
    const { incarnation: mesh, keyEpoch: epoch } = state;
    const sealed = state.wrappedKeys.get(core.session?.shortId ?? 0);
    if (epoch === 0 || sealed === undefined || sealed.length === 0) return;
    if (ring.isOf(mesh) && ring.of(epoch) !== null) return;
    const secret = await sealing.open(sealed, { mesh, epoch, nodeId: core.nodeId });
    if (secret !== null && secret.length === ROOT_KEY_BYTES) {
      ring.add(mesh, { epoch, secret });
      logger.info({ epoch }, 'the key of an epoch is held');
    } else if (this.#failedEpoch !== epoch) {
      this.#failedEpoch = epoch;
      this.unopenedCount += 1;
      logger.error({ epoch }, 'the key of an epoch cannot be opened: begin another one with mesh epoch rotate');
    }
  }

  async #lead(): Promise<void> {
    const { core, ask, now, logger } = this.#options;
    const state = this.#state();
    const { session } = core;
    if (state === null || session?.plane.raftStatus.role !== 'leader' || now() < this.#pausedUntilMs) return;
    // What half of the mesh cannot confirm would only make the log longer.
    if (session.plane.health(now()) === 'CRITICAL') return;
    const body = this.#isEpochDue(state) ? await this.#newEpoch(state) : await this.#grant(state);
    if (body === null) return;
    const outcome = await ask(body, '');
    if (outcome.kind === 'done') return;
    this.#pausedUntilMs = now() + PAUSE_MS;
    logger.info({ outcome: outcome.kind }, 'keys were not installed; tried again');
  }

  #isEpochDue({ keyEpoch, isKeyEpochDue, keyEpochAtMs }: ControlState): boolean {
    const { wallMs, ageMsMax } = this.#options;
    return keyEpoch === 0 || isKeyEpochDue || wallMs() - keyEpochAtMs >= ageMsMax;
  }

  async #newEpoch(state: ControlState): Promise<CommandBody> {
    const epoch = state.keyEpoch + 1;
    const secret = randomBytes(ROOT_KEY_BYTES);
    const keys = await Promise.all(
      Array.from(state.members.values(), async (member) => ({
        shortId: member.shortId,
        wrapped: await sealFor(member, secret, { mesh: state.incarnation, epoch }),
      })),
    );
    return { kind: 'installKeys', epoch, keys };
  }

  /** The present key for the first member that lacks it. */
  async #grant({
    members,
    wrappedKeys,
    incarnation: mesh,
    keyEpoch: epoch,
  }: ControlState): Promise<CommandBody | null> {
    const held = this.#options.ring.isOf(mesh) ? this.#options.ring.of(epoch) : null;
    if (held === null) return null;
    for (const member of members.values()) {
      if (wrappedKeys.has(member.shortId)) continue;
      const wrapped = await sealFor(member, held.secret, { mesh, epoch });
      return { kind: 'grantKey', epoch, shortId: member.shortId, wrapped };
    }
    return null;
  }

  #state(): ControlState | null {
    const { session } = this.#options.core;
    return session?.isCurrent === true ? session.plane.state : null;
  }
}

const NOTHING = new Uint8Array();

/** Empty for a member without a sealing key, which takes no part. */
async function sealFor(
  { sealingKey, nodeId }: Member,
  secret: Uint8Array,
  context: { readonly mesh: string; readonly epoch: number },
): Promise<Uint8Array> {
  try {
    return sealingKey.length === 0 ? NOTHING : await seal(sealingKey, secret, { ...context, nodeId });
  } catch {
    // What a member registered is no key: only that member goes without.
    return NOTHING;
  }
}
