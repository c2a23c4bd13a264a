import { FUZZ_TARGETS } from '../fuzz/codecs.ts';
import type { FuzzTaskResult } from '../fuzz/fuzz-worker.ts';
import type { FuzzTotals } from '../fuzz/fuzzed-codec.ts';
import { emptyFuzzTotals } from '../fuzz/fuzzer.ts';
import type { SeedResult, SimulatedCore } from '../simulated-core.ts';
import { replayCommand } from './report.ts';
import { addResult, emptyTotals, type Totals } from './totals.ts';

/** What a soak has done for one core. */
export interface CoreOutcome {
  readonly core: string;
  seconds: number;
  readonly totals: Totals;
  readonly failures: string[];
}

/** What a soak has done for one codec. */
export interface CodecOutcome {
  readonly codec: string;
  readonly totals: FuzzTotals;
  readonly findings: string[];
}

/** The totals of a soak, whole at any time. */
export class SoakTotals {
  readonly cores: readonly CoreOutcome[];
  readonly codecs: readonly CodecOutcome[];
  modelStates = 0;
  isModelSound = true;

  constructor(cores: readonly SimulatedCore[]) {
    this.cores = cores.map(({ name }) => ({ core: name, seconds: 0, totals: emptyTotals(), failures: [] }));
    this.codecs = FUZZ_TARGETS.map(({ name }) => ({ codec: name, totals: emptyFuzzTotals(), findings: [] }));
  }

  get seeds(): number {
    return this.cores.reduce((sum, { totals }) => sum + totals.seeds, 0);
  }

  get virtualHours(): number {
    return this.cores.reduce((sum, { totals }) => sum + totals.virtualMs, 0) / 3_600_000;
  }

  get fuzzInputs(): number {
    return this.codecs.reduce((sum, { totals }) => sum + totals.inputs, 0);
  }

  /** Seeds that failed, findings of the fuzzer, and a model that is not sound. */
  get failed(): number {
    const seeds = this.cores.reduce((sum, { failures }) => sum + failures.length, 0);
    const findings = this.codecs.reduce((sum, codec) => sum + codec.findings.length, 0);
    return seeds + findings + (this.isModelSound ? 0 : 1);
  }

  addSeed(core: string, result: SeedResult): void {
    const outcome = this.cores.find((candidate) => candidate.core === core);
    if (outcome === undefined) throw new RangeError(`there is no core ${core}`);
    addResult(outcome.totals, result);
    const { failure, seed } = result;
    if (failure !== null) outcome.failures.push(`${failure.message} (${replayCommand(core, seed)})`);
  }

  addFuzz(result: FuzzTaskResult): void {
    const outcome = this.codecs.find(({ codec }) => codec === result.task.codec);
    if (outcome === undefined) throw new RangeError(`there is no codec ${result.task.codec}`);
    if ('finding' in result) {
      outcome.findings.push(result.finding);
      return;
    }
    const { totals } = outcome;
    totals.inputs += result.totals.inputs;
    totals.accepted += result.totals.accepted;
    totals.refused += result.totals.refused;
    for (const [reason, count] of Object.entries(result.totals.reasons))
      totals.reasons[reason] = (totals.reasons[reason] ?? 0) + count;
  }

  summary(): string {
    const parts = [
      `${this.seeds} seeds`,
      `${this.virtualHours.toFixed(1)} virtual hours`,
      `${this.fuzzInputs} fuzzed inputs`,
      `${this.modelStates} states of the model`,
      `${this.failed} failed`,
    ];
    return parts.join(', ');
  }
}
