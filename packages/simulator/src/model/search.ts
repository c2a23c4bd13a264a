/** A state machine whose states are strings: equal states, equal strings. */
export interface ExplicitModel {
  readonly initial: string;
  /** Everything that can happen in that state. */
  successors(state: string, visit: (next: string, action: string) => void): void;
  /** The rule that the state breaks, or null. */
  violation(state: string): string | null;
}

export interface SearchReport {
  /** `complete`: every reachable state was seen. `bounded`: the search ended at `statesMax`. */
  readonly verdict: 'complete' | 'bounded' | 'violation';
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly violation: string | null;
  /** The shortest sequence of actions to the violation. */
  readonly trace: readonly string[];
}

/** Breadth first over all states, so that a violation comes with a shortest trace. */
export function explore(model: ExplicitModel, statesMax: number): SearchReport {
  const states = [model.initial];
  const parents = [-1];
  const actions = [''];
  const known = new Set(states);
  let transitions = 0;
  let depth = 0;
  let levelEnd = 1;
  const report = (verdict: SearchReport['verdict'], violation: string | null, at: number): SearchReport => {
    const trace: string[] = [];
    for (let index = at; violation !== null && index > 0; index = parents[index] as number)
      trace.push(actions[index] as string);
    return { verdict, states: states.length, transitions, depth, violation, trace: trace.reverse() };
  };
  for (let index = 0; index < states.length; index++) {
    if (index === levelEnd) {
      depth++;
      levelEnd = states.length;
    }
    let broken: { readonly rule: string; readonly at: number } | null = null;
    model.successors(states[index] as string, (next, action) => {
      transitions++;
      if (known.has(next)) return;
      known.add(next);
      states.push(next);
      parents.push(index);
      actions.push(action);
      const rule = model.violation(next);
      if (rule !== null) broken ??= { rule, at: states.length - 1 };
    });
    // The callback assigns it, which the compiler does not see.
    const found = broken as { readonly rule: string; readonly at: number } | null;
    if (found !== null) return report('violation', found.rule, found.at);
    if (states.length >= statesMax) return report('bounded', null, 0);
  }
  return report('complete', null, 0);
}
