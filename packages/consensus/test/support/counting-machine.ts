import type { Entry, StateMachine } from '@peermesh/consensus';

/** Keeps every command as text; the result is how many there are. */
export class CountingMachine implements StateMachine<number> {
  commands: string[] = [];
  restored = 0;
  snapshots = 0;

  apply(commands: readonly Entry[]): number[] {
    return commands.map(({ data }) => this.commands.push(new TextDecoder().decode(data)));
  }

  snapshot(): Iterable<Uint8Array> {
    this.snapshots += 1;
    return [new TextEncoder().encode(JSON.stringify(this.commands))];
  }

  restore(data: Uint8Array): void {
    this.restored += 1;
    this.commands = JSON.parse(new TextDecoder().decode(data)) as string[];
  }
}
