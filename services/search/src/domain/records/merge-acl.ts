/** The union of two access lists in a canonical order; everyone in the tenant includes everybody else. */
export function mergeAcl(a: readonly string[], b: readonly string[]): readonly string[] {
  if (a.includes('tenant') || b.includes('tenant')) return ['tenant'];
  return [...new Set([...a, ...b])].sort();
}

/** Whether two lists let in the same principals. */
export function sameAcl(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((principal) => b.includes(principal));
}
