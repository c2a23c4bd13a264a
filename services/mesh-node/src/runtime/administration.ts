import { randomBytes } from 'node:crypto';
import type { CreatedJoinKey, CreateJoinKey, JoinPolicy, Revocation, Revoke } from '@peermesh/contracts/mesh';
import { commonErrors, meshErrors } from '@peermesh/errors';
import type { OperationOutcome } from '@peermesh/mesh-core';
import { type CommandBody, type ControlState, joinKeyHash } from '@peermesh/replication';
import type { MeshAdministration, SettingName } from '../administration-port.ts';
import {
  evictionsOf,
  joinKeyOf,
  joinKeysOf,
  joinPolicyOf,
  keyEpochOf,
  revocationsOf,
  settingsOf,
} from './administration-view.ts';
import type { GroupClock } from './group-clock.ts';
import type { MeshDriver } from './mesh-driver.ts';
import { controlPolicyOf } from './mesh-view.ts';
import type { NodeSecurity } from './node-security.ts';
import { changeError } from './outcome-error.ts';
import { removalError } from './removal-error.ts';

const SECRET_BYTES = 24;
const ID_BYTES = 4;
/** A join key is made anew when the clock of the mesh turns out to be further off; a decision takes at most 10 s. */
const CLOCK_TOLERANCE_MS = 15_000;

/** A secret to join with: 192 random bits. */
export function newJoinSecret(): string {
  return `mjk_${randomBytes(SECRET_BYTES).toString('hex')}`;
}

/** What operators decide, through the control group. */
export class Administration implements MeshAdministration {
  readonly #driver: MeshDriver;
  readonly #security: NodeSecurity;
  readonly #clock: GroupClock;

  constructor(driver: MeshDriver, security: NodeSecurity, clock: GroupClock) {
    this.#driver = driver;
    this.#security = security;
    this.#clock = clock;
  }

  joinKeys() {
    return joinKeysOf(this.#state(), this.#groupNowMs());
  }

  async createJoinKey({ id, expiresInSeconds, usesMax }: CreateJoinKey, operator: string): Promise<CreatedJoinKey> {
    const { meshId, joinKeys } = this.#state();
    const name = id ?? `key-${randomBytes(ID_BYTES).toString('hex')}`;
    if (joinKeys.has(name))
      throw meshErrors.refused({ detail: `There is a join key ${name}.`, meta: { reason: 'name-taken' } });
    const secret = newJoinSecret();
    const keyFrom = (nowMs: number) => ({
      id: name,
      hash: joinKeyHash(meshId, secret),
      expiresAtMs: expiresInSeconds === undefined ? 0 : nowMs + expiresInSeconds * 1_000,
      usesMax: usesMax ?? 0,
    });
    // It ends by the clock of the mesh, not by that of the node which was asked; the decision shows what that is.
    const guessMs = this.#groupNowMs();
    await this.#change({ kind: 'addJoinKey', key: keyFrom(guessMs) }, operator);
    const nowMs = this.#groupNowMs();
    const isRight = expiresInSeconds === undefined || Math.abs(nowMs - guessMs) < CLOCK_TOLERANCE_MS;
    const key = keyFrom(isRight ? guessMs : nowMs);
    if (!isRight) {
      await this.#change({ kind: 'removeJoinKey', id: name }, operator);
      await this.#change({ kind: 'addJoinKey', key }, operator);
    }
    return { key: joinKeyOf({ key, uses: 0 }, nowMs), secret };
  }

  async revokeJoinKey(id: string, operator: string): Promise<void> {
    await this.#change({ kind: 'removeJoinKey', id }, operator);
  }

  joinPolicy() {
    return joinPolicyOf(this.#state());
  }

  async setJoinPolicy(joinPolicy: JoinPolicy, expectedVersion: number, operator: string) {
    const policy = controlPolicyOf(joinPolicy);
    const version = await this.#change({ kind: 'setPolicy', policy, expectedVersion }, operator);
    return { joinPolicy, version };
  }

  admissions() {
    return Array.from(this.#state().admissionList, ([nodeId, note]) => ({ nodeId, note }));
  }

  async admit(nodeId: string, note: string, operator: string): Promise<void> {
    await this.#change({ kind: 'list', nodeId, isListed: true, note }, operator);
  }

  async unlist(nodeId: string, operator: string): Promise<void> {
    if (!this.#state().admissionList.has(nodeId)) throw commonErrors.notFound();
    await this.#change({ kind: 'list', nodeId, isListed: false, note: '' }, operator);
  }

  evictions() {
    return evictionsOf(this.#state());
  }

  async readmit(nodeId: string, operator: string): Promise<void> {
    if (!this.#state().evicted.has(nodeId)) throw commonErrors.notFound();
    await this.#change({ kind: 'readmit', nodeId }, operator);
  }

  settings() {
    return settingsOf(this.#state());
  }

  setting({ space, key }: SettingName) {
    const found = this.settings().find((one) => one.space === space && one.key === key);
    if (found === undefined) throw commonErrors.notFound();
    return found;
  }

  async changeSetting(name: SettingName, value: string | null, expectedVersion: number, operator: string) {
    if (value === null) this.setting(name);
    const version = await this.#change({ kind: 'set', ...name, value, expectedVersion }, operator);
    return value === null ? null : { ...name, value, version };
  }

  keyEpoch() {
    return keyEpochOf(this.#state(), this.#security.ring.newest?.epoch ?? null);
  }

  async rotateKeyEpoch(operator: string) {
    const state = this.#state();
    const outcome = await this.#security.keys.rotate(operator);
    if (outcome.kind !== 'done') throw errorOf(outcome);
    await this.#security.keys.work();
    return keyEpochOf(state, this.#security.ring.newest?.epoch ?? null);
  }

  revocations() {
    return revocationsOf(this.#state());
  }

  async revoke(what: Revoke, operator: string): Promise<Revocation> {
    const note = what.note ?? '';
    if ('nodeId' in what) {
      const { nodeId } = what;
      const member = [...this.#state().members.values()].find((one) => one.nodeId === nodeId);
      await this.#change({ kind: 'revokeIdentity', nodeId, note }, operator, member?.shortId);
      return { kind: 'node', subject: nodeId, note };
    }
    const certificate = what.serialNumber.toUpperCase();
    await this.#change({ kind: 'revokeCertificate', certificate, note }, operator);
    return { kind: 'certificate', subject: certificate, note };
  }

  #state(): Readonly<ControlState> {
    const { session } = this.#driver.core;
    if (session === null || !session.isCurrent) throw meshErrors.notMember();
    return session.plane.state;
  }

  #groupNowMs(): number {
    const isLeader = this.#driver.core.session?.plane.raftStatus.role === 'leader';
    return this.#clock.nowMs(this.#state(), isLeader);
  }

  /** @param removing the member that the change removes; 0 for none */
  async #change(body: CommandBody, operator: string, removing = 0): Promise<number> {
    this.#state();
    const { failure } = this.#driver.persistence;
    if (failure !== null) throw meshErrors.storageFailed({ internal: String(failure) });
    const outcome = await this.#driver.operation((core, nowMs) => core.command(body, { operator }, nowMs));
    if (outcome.kind === 'done') return outcome.value;
    throw outcome.kind === 'refused' ? errorOf(outcome) : removalError(this.#driver, outcome, removing);
  }
}

function errorOf(outcome: OperationOutcome) {
  if (outcome.kind !== 'refused') return changeError(outcome);
  const { reason, value: currentVersion } = outcome;
  if (reason === 'version-conflict') return commonErrors.versionConflict({ meta: { currentVersion } });
  if (reason === 'unknown-key') return commonErrors.notFound();
  return changeError(outcome);
}
