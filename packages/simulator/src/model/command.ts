import { RaftModel } from './raft-model.ts';
import { explore } from './search.ts';

/** Explores three servers, three terms, two entries and one reconfiguration; true when no state breaks a rule. */
export function runModel(statesMax: number, say: (text: string) => void): boolean {
  const startedAtMs = performance.now();
  const model = new RaftModel({ terms: 3, entries: 2, reconfigurations: 1 });
  const { verdict, states, transitions, depth, violation, trace } = explore(model, statesMax);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  say(
    `raft model: ${verdict}, ${states} states, ${transitions} transitions, depth ${depth}, ${seconds.toFixed(1)} s (${Math.round(states / seconds)}/s)\n`,
  );
  if (violation !== null) say(`${violation}:\n${trace.map((action) => `  ${action}\n`).join('')}`);
  return verdict !== 'violation';
}
