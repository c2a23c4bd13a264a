import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface SimOptions {
  /** Null: all of them. */
  readonly core: string | null;
  readonly seeds: number;
  readonly seed: number;
  readonly workers: number;
  /** Set when one seed is to be repeated. */
  readonly isReplay: boolean;
  readonly faults: readonly number[] | null;
  readonly untilMs: number | null;
  readonly mutants: string | null;
  /** Explores the explicit-state model up to that many states. */
  readonly modelStates: number | null;
  readonly soak: boolean;
  readonly minutes: number;
}

/** What the command line takes, for a person. */
export const USAGE = `Runs the cores of the mesh in virtual time, from seeds.

  npm run sim -- [--core NAMES] [--seeds N] [--workers N]   seeds 0 to N-1 (100) of these cores, or of all
  npm run sim -- --core NAME --seed S                        repeats one seed; shrinks it and prints its trace when it fails
                 [--faults 1,4 | none] [--until MS]          with these of its faults, up to that virtual time
  npm run sim -- --mutants [all | rotate:N | IDS]            puts known bugs back: are they found?
  npm run sim -- --model STATES                              an abstract Raft, every state, breadth first
  npm run sim -- --soak --minutes N [--core NAMES]           totals to bench/results/sim-soak.md

Exit codes: 0 nothing failed, 1 something did.
`;

/** @throws TypeError or RangeError that names the option */
export function readOptions(args: readonly string[]): SimOptions {
  // `--mutants` alone means all of them.
  const named = args.map((arg, index) =>
    arg === '--mutants' && (args[index + 1]?.startsWith('--') ?? true) ? '--mutants=all' : arg,
  );
  const { values } = parseArgs({
    args: named.filter((arg) => arg !== '--'),
    options: {
      core: { type: 'string' },
      seeds: { type: 'string' },
      seed: { type: 'string' },
      workers: { type: 'string' },
      faults: { type: 'string' },
      until: { type: 'string' },
      mutants: { type: 'string' },
      model: { type: 'string' },
      soak: { type: 'boolean', default: false },
      minutes: { type: 'string' },
    },
  });
  const count = (name: string, text: string | undefined, fallback: number): number => {
    const value = text === undefined ? fallback : Number(text);
    if (!Number.isFinite(value) || value < 0) throw new RangeError(`--${name} takes a number, not ${text}`);
    return value;
  };
  const faults = values.faults;
  return {
    core: values.core ?? null,
    seeds: count('seeds', values.seeds, values.seed !== undefined ? 1 : 100),
    seed: count('seed', values.seed, 0),
    workers: Math.max(1, count('workers', values.workers, availableParallelism())),
    isReplay: values.seed !== undefined && values.seeds === undefined,
    faults:
      faults === undefined ? null : faults === 'none' ? [] : faults.split(',').map((text) => count('faults', text, 0)),
    untilMs: values.until === undefined ? null : count('until', values.until, 0),
    mutants: values.mutants ?? null,
    modelStates: values.model === undefined ? null : count('model', values.model, 0),
    soak: values.soak,
    minutes: count('minutes', values.minutes, 60),
  };
}
