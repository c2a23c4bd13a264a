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
  /** Keeps at which seeds the mutants were found, for the gate. */
  readonly records: boolean;
  /** Explores the explicit-state model up to that many states. */
  readonly modelStates: number | null;
  /** Inputs for each codec. */
  readonly fuzzInputs: number | null;
  /** Null: all of them. */
  readonly codec: string | null;
  /** A named run of its own, and of how many nodes. */
  readonly scenario: string | null;
  readonly nodes: number;
  readonly soak: boolean;
  readonly minutes: number;
}

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
      record: { type: 'boolean', default: false },
      model: { type: 'string' },
      fuzz: { type: 'string' },
      codec: { type: 'string' },
      scenario: { type: 'string' },
      nodes: { type: 'string' },
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
    records: values.record,
    modelStates: values.model === undefined ? null : count('model', values.model, 0),
    fuzzInputs: values.fuzz === undefined ? null : count('fuzz', values.fuzz, 0),
    codec: values.codec ?? null,
    scenario: values.scenario ?? null,
    nodes: count('nodes', values.nodes, 50),
    soak: values.soak,
    minutes: count('minutes', values.minutes, 60),
  };
}
