import type { KvEndpoint } from './clients.ts';
import { encodeCommand, type KvCommand } from './kv-machine.ts';
import type { ConsensusWorld } from './world.ts';

const REFUSED_MS = 5;

/** How clients reach the replicas of a world: by machine, without faults of their own. */
export class WorldEndpoint implements KvEndpoint {
  readonly #world: ConsensusWorld;

  constructor(world: ConsensusWorld) {
    this.#world = world;
  }

  nodes(): readonly string[] {
    return [...this.#world.machines()].filter(({ isWitness }) => !isWitness).map(({ name }) => name);
  }

  leaderHint(): string | null {
    return this.#world.leader()?.name ?? null;
  }

  write(node: string, command: KvCommand, done: (found: string | null) => void): void {
    const machine = this.#world.machine(node);
    if (machine.replica === null) {
      this.#world.queue.after(REFUSED_MS, () => done(null));
      return;
    }
    const { session, sequence } = command;
    machine.run((replica) => replica.write(session, sequence, encodeCommand(command), this.#later(done)));
  }

  read(node: string, key: string, done: (found: string | null) => void): void {
    const machine = this.#world.machine(node);
    if (machine.replica === null) {
      this.#world.queue.after(REFUSED_MS, () => done(null));
      return;
    }
    const { oracle } = this.#world;
    machine.run((replica) => replica.read(key, oracle.acknowledgedIndex, this.#later(done)));
  }

  /** Answers take a moment, so that a client never calls from within a core. */
  #later(done: (found: string | null) => void): (found: string | null) => void {
    return (found) => {
      this.#world.queue.after(found === null ? REFUSED_MS : 0.1, () => done(found));
    };
  }
}
