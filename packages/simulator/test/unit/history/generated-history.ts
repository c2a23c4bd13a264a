import type { Operation } from '../../../src/history/history.ts';
import type { RegisterInput, RegisterOutput } from '../../../src/history/register-model.ts';
import type { SeededRandom } from '../../../src/random.ts';

export type RegisterOperation = Operation<RegisterInput, RegisterOutput>;

interface Shape {
  readonly operations: number;
  readonly keys: number;
  readonly clients: number;
  readonly unknownRate: number;
}

/** A history that is linearizable by construction: every operation takes effect at a point between call and return. */
export function validHistory(
  random: SeededRandom,
  { operations, keys, clients, unknownRate }: Shape,
): RegisterOperation[] {
  const freeAtMs = new Array<number>(clients).fill(0);
  const planned = Array.from({ length: operations }, (_, index) => {
    const client = random.integer(clients);
    const calledMs = (freeAtMs[client] as number) + random.between(0, 3);
    const returnedMs = calledMs + random.between(0.1, 10);
    freeAtMs[client] = returnedMs;
    return { index, client, calledMs, returnedMs, effectMs: random.between(calledMs, returnedMs) };
  });
  const registers = new Map<string, string>();
  const made = new Map<number, RegisterOperation>();
  for (const plan of [...planned].sort((left, right) => left.effectMs - right.effectMs)) {
    const key = `k${random.integer(keys)}`;
    const found = registers.get(key) ?? '';
    const value = `v${plan.index}`;
    const kind = random.pick(['read', 'write', 'cas'] as const);
    const expected = random.chance(0.6) ? found : 'other';
    const isUnknown = random.chance(unknownRate);
    const isLost = isUnknown && random.chance(0.5);
    const input: RegisterInput =
      kind === 'read' ? { kind, key } : kind === 'write' ? { kind, key, value } : { kind, key, expected, value };
    if (!isLost && (kind === 'write' || (kind === 'cas' && expected === found))) registers.set(key, value);
    made.set(plan.index, {
      client: plan.client,
      input,
      calledMs: plan.calledMs,
      returnedMs: isUnknown ? Number.POSITIVE_INFINITY : plan.returnedMs,
      output: isUnknown ? undefined : { value: found },
    });
  }
  return planned.map(({ index }) => made.get(index) as RegisterOperation);
}

/** Changes what one operation returned, or when: most results are not linearizable. */
export function disturbed(random: SeededRandom, history: readonly RegisterOperation[]): RegisterOperation[] {
  const copy = [...history];
  const at = random.integer(copy.length);
  const victim = copy[at] as RegisterOperation;
  if (victim.output === undefined) return copy;
  const values = history.map(({ input }) => (input.kind === 'read' ? '' : input.value));
  if (random.chance(0.7)) copy[at] = { ...victim, output: { value: random.pick([...values, '']) } };
  else copy[at] = { ...victim, calledMs: victim.calledMs + 40, returnedMs: victim.returnedMs + 40 };
  return copy;
}
