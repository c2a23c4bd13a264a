import type { RecordAttributes } from '../../ports.ts';

/** An entity found by a name. */
export interface NamedEntity {
  readonly id: string;
  readonly nameKey: string;
  readonly isAlias: boolean;
  readonly attributes: RecordAttributes;
}

interface Entry {
  readonly id: string;
  readonly isAlias: boolean;
}

/** The entities of one tenant by name and alias, in memory. */
export class NameBook {
  readonly #byName = new Map<string, Entry[]>();
  readonly #entities = new Map<string, RecordAttributes>();

  put(id: string, attributes: RecordAttributes): void {
    this.remove(id);
    this.#entities.set(id, attributes);
    for (const { name, isAlias } of namesOf(attributes)) {
      const entries = this.#byName.get(name);
      if (entries === undefined) this.#byName.set(name, [{ id, isAlias }]);
      else entries.push({ id, isAlias });
    }
  }

  remove(id: string): void {
    const attributes = this.#entities.get(id);
    if (attributes === undefined) return;
    this.#entities.delete(id);
    for (const { name } of namesOf(attributes)) {
      const left = (this.#byName.get(name) ?? []).filter((entry) => entry.id !== id);
      if (left.length === 0) this.#byName.delete(name);
      else this.#byName.set(name, left);
    }
  }

  /** Entities of these names that the viewer may read, in the order of the names, proper names before aliases. */
  find(names: readonly string[], allows: (acl: readonly string[]) => boolean, max: number): NamedEntity[] {
    const found: NamedEntity[] = [];
    const seen = new Set<string>();
    for (const nameKey of names) {
      const entries = this.#byName.get(nameKey);
      if (entries === undefined) continue;
      for (const { id, isAlias } of [...entries].sort(
        (a, b) => Number(a.isAlias) - Number(b.isAlias) || (a.id < b.id ? -1 : 1),
      )) {
        const attributes = this.#entities.get(id);
        if (attributes === undefined || seen.has(id) || !allows(attributes.acl)) continue;
        seen.add(id);
        found.push({ id, nameKey, isAlias, attributes });
        if (found.length >= max) return found;
      }
    }
    return found;
  }
}

function namesOf(attributes: RecordAttributes): { name: string; isAlias: boolean }[] {
  const names: { name: string; isAlias: boolean }[] = [];
  if (attributes.nameKey !== null) names.push({ name: attributes.nameKey, isAlias: false });
  for (const name of new Set(attributes.aliasKeys))
    if (name !== attributes.nameKey) names.push({ name, isAlias: true });
  return names;
}
