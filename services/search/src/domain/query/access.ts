import type { RecordAttributes, Viewer } from '../../ports.ts';

/** Decides visibility; decisions are remembered for each distinct list. */
export function accessOf(viewer: Viewer): (acl: readonly string[]) => boolean {
  const principals = new Set(viewer.principals);
  const known = new Map<readonly string[], boolean>();
  return (acl) => {
    let allowed = known.get(acl);
    if (allowed === undefined) {
      allowed = acl.some((principal) => principals.has(principal));
      known.set(acl, allowed);
    }
    return allowed;
  };
}

/** Keeps one copy of each distinct list and string, so that a hundred thousand records share a few. */
export class AttributePool {
  readonly #lists = new Map<string, readonly string[]>();
  readonly #strings = new Map<string, string>();

  intern(attributes: RecordAttributes): RecordAttributes {
    return {
      kind: attributes.kind,
      acl: this.list(attributes.acl),
      source: this.#string(attributes.source),
      language: this.#string(attributes.language),
      topics: this.list(attributes.topics),
      mediaType: this.#string(attributes.mediaType),
      authors: this.list(attributes.authors),
      entityType: this.#string(attributes.entityType),
      fingerprint: attributes.fingerprint,
      nameKey: attributes.nameKey,
      ...(attributes.aliasKeys === undefined ? {} : { aliasKeys: attributes.aliasKeys }),
      publishedAt: attributes.publishedAt,
      updatedAt: attributes.updatedAt,
      createdAt: attributes.createdAt,
    };
  }

  /** The copy that is kept of a list. */
  list(list: readonly string[]): readonly string[] {
    const key = list.join('\u0000');
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    this.#lists.set(key, list);
    return list;
  }

  #string(value: string | null): string | null {
    if (value === null) return null;
    const known = this.#strings.get(value);
    if (known !== undefined) return known;
    this.#strings.set(value, value);
    return value;
  }
}
