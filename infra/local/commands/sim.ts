import { join } from 'node:path';
import type { Command } from '../command.ts';
import { runScript } from '../run-script.ts';

export const simCommand: Command = {
  name: 'sim',
  summary: 'Runs the protocol cores under simulated faults; the same seed always does the same.',
  usage:
    '[--core NAME] [--seeds N] [--seed S] [--mutants [all|ID,ID] [--record]] [--model N] [--fuzz N] [--scenario NAME] [--soak --minutes M]',
  details: [
    '--core NAME      link, consensus, groups, control, membership, routing, mesh or node, or several with commas; all when not given',
    '--seeds N        how many seeds (default 100), from --seed on',
    '--seed S         alone: repeats this seed, shrinks it when it fails, and prints the trace',
    '--faults 1,2     with --seed: only these faults of its schedule (none: without any)',
    '--until MS       with --seed: ends at this virtual time',
    '--mutants WHICH  puts known bugs back and counts how many the simulation finds',
    '--model N        explores the first N states of an abstract Raft, breadth first',
    '--record         with --mutants: keeps at which seeds they were found',
    '--fuzz N         feeds each decoder N inputs; --codec NAME only one',
    '--scenario NAME  partition: tears a mesh of --nodes N (default 50) apart and measures how it heals',
    '--soak           all cores, codecs and the model for --minutes M (default 60), totals to bench/results/sim-soak',
    '--workers N      threads (default: one per core of the machine)',
  ],
  run: (args, settings) =>
    runScript(join(settings.checkout, 'packages/simulator/src/cli.ts'), args, { endsWithReader: true }),
};
