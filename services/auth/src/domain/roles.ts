import { DEFAULT_ROLE_RANKS } from '@peermesh/authz';
import { ROLES } from '@peermesh/contracts';

/** A role that an installation added. */
export interface CustomRole {
  readonly name: string;
  readonly inherits: string;
}

export function isBuiltIn(name: string): boolean {
  return (ROLES as readonly string[]).includes(name);
}

/** A role and everything that it includes, or null when it is unknown or inherits from itself. */
export function closureOf(name: string, custom: ReadonlyMap<string, CustomRole>): readonly string[] | null {
  const seen: string[] = [];
  for (let current = name; !isBuiltIn(current); ) {
    const role = custom.get(current);
    if (role === undefined || seen.includes(current)) return null;
    seen.push(current);
    current = role.inherits;
    if (isBuiltIn(current)) return [...seen, ...builtInUpTo(current)];
  }
  return builtInUpTo(name);
}

/** The rank of the built-in role that a role comes down to. */
export function rankOf(closure: readonly string[]): number {
  return Math.max(...closure.map((name) => (isBuiltIn(name) ? (DEFAULT_ROLE_RANKS[name] ?? 0) : 0)));
}

function builtInUpTo(name: string): readonly string[] {
  return ROLES.slice(0, (ROLES as readonly string[]).indexOf(name) + 1).toReversed();
}
