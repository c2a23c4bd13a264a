import { encodeCommand } from './kv-machine.ts';
import type { Machine } from './machine.ts';
import type { ConsensusWorld } from './world.ts';

/** The longest election timeout of the core, in milliseconds. */
const ELECTION_TIMEOUT_MS = 2_000;
const LEADER_WITHIN_MS = 4 * ELECTION_TIMEOUT_MS;
const WORKING_WITHIN_MS = 10_000;
const STALL_MS = 2 * ELECTION_TIMEOUT_MS + 1_000;
const PERIOD_MS = 100;
/** Sessions of probes never meet those of clients. */
const PROBE_SESSION = 1_000_000;

/** Watches what has to happen, not only what must not: stalled leaders all the time, and everything once faults are over. */
export class HealthWatch {
  readonly #world: ConsensusWorld;
  readonly #healMs: number;
  #agreedAtMs: number | null = null;
  #writtenAtMs: number | null = null;
  #probes = 0;
  #target = 0;

  constructor(world: ConsensusWorld, healMs: number) {
    this.#world = world;
    this.#healMs = healMs;
  }

  /** How long after the last fault it took until all agreed. */
  get leaderlessMs(): number {
    return this.#agreedAtMs === null ? 0 : this.#agreedAtMs - this.#healMs;
  }

  start(): void {
    const { queue } = this.#world;
    this.#watchStalls();
    const checkAt = (delayMs: number, check: () => void): void => {
      queue.at(this.#healMs + delayMs, check);
    };
    checkAt(0, () => this.#watchAgreement());
    checkAt(0, () => this.#probe());
    checkAt(WORKING_WITHIN_MS - 2_000, () => {
      this.#target = this.#world.oracle.commit;
    });
    checkAt(LEADER_WITHIN_MS, () => this.#requireLeader());
    checkAt(WORKING_WITHIN_MS, () => this.#requireProgress());
  }

  /** At the very end. */
  finish(): void {
    const { oracle, operator } = this.#world;
    oracle.registry.check('MembershipSettles', operator.isIdle, () => `still open: ${operator.describe()}`);
  }

  #voters(): Machine[] {
    const { oracle } = this.#world;
    const voters = oracle.configuration?.voters ?? [];
    return [...this.#world.machines()].filter(({ replicaId }) => voters.includes(String(replicaId)));
  }

  #watchStalls(): void {
    const { queue, oracle } = this.#world;
    queue.after(PERIOD_MS, () => {
      for (const machine of this.#world.machines()) {
        const { replica } = machine;
        if (replica === null || machine.awakeMs < STALL_MS || !replica.core.status().isLeader) continue;
        oracle.registry.check(
          'StalledLeaderSteps',
          replica.writeAgeMs() <= STALL_MS,
          () => `${machine.name} leads, and its disk has not answered for ${replica.writeAgeMs().toFixed(0)} ms`,
        );
      }
      this.#watchStalls();
    });
  }

  #watchAgreement(): void {
    const leaders = this.#voters().map(({ replica }) => replica?.core.status().leader ?? 0);
    if (leaders.length > 0 && leaders.every((leader) => leader !== 0 && leader === leaders[0])) {
      this.#agreedAtMs = this.#world.queue.nowMs;
      return;
    }
    this.#world.queue.after(PERIOD_MS, () => this.#watchAgreement());
  }

  #probe(): void {
    const { queue } = this.#world;
    if (this.#writtenAtMs !== null) return;
    const sequence = ++this.#probes;
    const command = {
      session: PROBE_SESSION,
      sequence,
      kind: 'write',
      key: 'probe',
      expected: '',
      value: `p${sequence}`,
    } as const;
    const leader = this.#world.leader();
    leader?.run((replica) =>
      replica.write(PROBE_SESSION, sequence, encodeCommand(command), (found) => {
        if (found !== null) this.#writtenAtMs ??= queue.nowMs;
      }),
    );
    queue.after(PERIOD_MS, () => this.#probe());
  }

  #requireLeader(): void {
    this.#world.oracle.registry.check('LeaderAfterHeal', this.#agreedAtMs !== null, () => {
      const views = this.#voters().map(({ name, replica }) => `${name}: ${JSON.stringify(replica?.core.status())}`);
      return `no agreed leader ${LEADER_WITHIN_MS} ms after the last fault; ${views.join('; ')}`;
    });
  }

  #requireProgress(): void {
    const { registry } = this.#world.oracle;
    registry.check(
      'WritableAfterHeal',
      this.#writtenAtMs !== null,
      () => `none of ${this.#probes} writes got an answer`,
    );
    for (const { name, replica } of this.#voters()) {
      registry.check(
        'CaughtUpAfterHeal',
        (replica?.applied ?? 0) >= this.#target,
        () => `${name} has applied ${replica?.applied ?? 'nothing'} of ${this.#target}`,
      );
    }
  }
}
