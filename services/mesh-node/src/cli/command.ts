import type { Client } from '@peermesh/contracts';
import type { meshRoutes } from '@peermesh/contracts/mesh';

/** Calls the API of one node. */
export type MeshClient = Client<typeof meshRoutes>;

/** Flags that commands know. */
export interface Flags {
  readonly json: boolean;
  readonly yes: boolean;
  readonly override: boolean;
  readonly undo: boolean;
  readonly policy?: string | undefined;
  readonly key?: string | undefined;
  readonly from?: string | undefined;
  readonly limit?: string | undefined;
  readonly expires?: string | undefined;
  readonly uses?: string | undefined;
  readonly note?: string | undefined;
  readonly serial?: string | undefined;
}

/** What a command gets. */
export interface CommandContext {
  readonly args: readonly string[];
  readonly flags: Flags;
  readonly client: MeshClient;
  /** The API of another node by its name, where one is known. */
  readonly clientOf: (node: string) => MeshClient | null;
  /** Reads an event stream of the API until the signal aborts. */
  readonly stream: (path: string) => AsyncIterable<{ readonly type: string; readonly data: unknown }>;
  readonly signal: AbortSignal;
  readonly print: (text: string) => void;
  /** Clears the screen, where there is one. */
  readonly clear: () => void;
  /** Waits, or ends early when the signal aborts. */
  readonly pause: (ms: number) => Promise<void>;
}

/** What a command leaves: its answer as the API gave it, for `--json`, its text for people, and its exit code. */
export interface Outcome {
  readonly json: unknown;
  readonly text: string;
  readonly exitCode?: number;
}

/** One command of `mesh`. */
export interface MeshCommand {
  readonly usage: string;
  readonly summary: string;
  run(context: CommandContext): Promise<Outcome>;
}

/** A command that needs no node. */
export interface LocalCommand {
  readonly usage: string;
  readonly summary: string;
  /** @param nowMs Unix time */
  runLocally(args: readonly string[], nowMs: number): Promise<Outcome>;
}

/** The command was called wrongly. */
export class UsageError extends Error {}

/** The argument at a place, or a {@link UsageError} that names what is missing. */
export function argument({ args }: Pick<CommandContext, 'args'>, at: number, name: string): string {
  const value = args[at];
  if (value === undefined) throw new UsageError(`name the ${name}`);
  return value;
}
