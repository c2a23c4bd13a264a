import type { EventQueue } from '../event-queue.ts';
import type { Configuration } from './configuration.ts';
import type { MembershipChange } from './core-port.ts';
import type { Machine } from './machine.ts';
import type { Replica } from './replica.ts';

/** A change of membership that somebody has asked for. */
export type MembershipTask =
  | { readonly kind: 'add'; readonly replica: number; readonly isWitness: boolean }
  | { readonly kind: 'remove'; readonly replica: number }
  | { readonly kind: 'swap'; readonly remove: number; readonly add: number };

const PERIOD_MS = 250;

/** Carries tasks out one after the other through whoever leads: learner first, promotion when it has caught up. */
export class MembershipOperator {
  readonly #queue: EventQueue;
  readonly #machines: () => Iterable<Machine>;
  readonly #committed: () => Configuration | null;
  readonly #tasks: MembershipTask[] = [];
  done = 0;

  /** `committed` is the newest configuration that is committed. */
  constructor(queue: EventQueue, machines: () => Iterable<Machine>, committed: () => Configuration | null) {
    this.#queue = queue;
    this.#committed = committed;
    this.#machines = machines;
  }

  start(): void {
    this.#queue.after(PERIOD_MS, () => {
      this.#advance();
      this.start();
    });
  }

  ask(task: MembershipTask): void {
    this.#tasks.push(task);
  }

  get isIdle(): boolean {
    return this.#tasks.length === 0;
  }

  describe(): string {
    return JSON.stringify(this.#tasks);
  }

  #advance(): void {
    const [task] = this.#tasks;
    if (task === undefined) return;
    for (const machine of this.#machines()) {
      if (machine.isPaused) continue;
      machine.run((replica) => {
        if (this.#tasks[0] === task && replica.core.status().isLeader) this.#advanceOn(replica, task);
      });
    }
  }

  #advanceOn(replica: Replica, task: MembershipTask): void {
    const { core } = replica;
    const { configuration } = core.status();
    // A change is over once it is committed; a leader with an open or joint change refuses the next one anyway.
    if (configuration.outgoing.length > 0) return;
    const isCaughtUp = (id: number): boolean => core.isCaughtUp(id);
    const step = nextStep(configuration, task, isCaughtUp);
    const committed = this.#committed();
    if (step === 'done') {
      if (committed === null || committed.outgoing.length > 0 || nextStep(committed, task, isCaughtUp) !== 'done')
        return;
      this.#tasks.shift();
      this.done++;
    } else if (step !== 'wait') {
      core.change(step);
      replica.pump();
    }
  }
}

function nextStep(
  { voters, learners }: Configuration,
  task: MembershipTask,
  isCaughtUp: (id: number) => boolean,
): MembershipChange | 'done' | 'wait' {
  const isMember = (id: number): boolean => voters.includes(String(id)) || learners.includes(String(id));
  if (task.kind === 'remove') return isMember(task.replica) ? { kind: 'remove', replica: task.replica } : 'done';
  const added = task.kind === 'add' ? task.replica : task.add;
  if (!isMember(added)) return { kind: 'add-learner', replica: added };
  if (!voters.includes(String(added))) {
    if (!isCaughtUp(added)) return 'wait';
    if (task.kind === 'add') return { kind: 'promote', replica: added, isWitness: task.isWitness };
    return { kind: 'swap', remove: task.remove, promote: added };
  }
  return task.kind === 'swap' && isMember(task.remove) ? { kind: 'remove', replica: task.remove } : 'done';
}
