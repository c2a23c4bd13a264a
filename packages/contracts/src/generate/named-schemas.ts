import * as events from '../events/index.ts';
import * as auth from '../http/auth/index.ts';
import * as deadLetters from '../http/dead-letters/index.ts';
import * as gateway from '../http/gateway/index.ts';
import * as ingest from '../http/ingest/index.ts';
import * as publisher from '../http/publisher/index.ts';
import * as router from '../http/router/index.ts';
import * as search from '../http/search/index.ts';

type Json = Readonly<Record<string, unknown>>;

/** Replaces schemas that contracts export under a name by references, so that readers and code generators see the name. */
export class NamedSchemas {
  readonly #used = new Map<string, unknown>();

  /** The same tree with `$ref` in place of every named schema in it. */
  refer(node: unknown): unknown {
    if (Array.isArray(node)) return node.map((item) => this.refer(item));
    if (typeof node !== 'object' || node === null) return node;
    const name = isCompound(node) ? names().get(JSON.stringify(node)) : undefined;
    if (name === undefined) return this.#inside(node);
    if (!this.#used.has(name)) {
      this.#used.set(name, null);
      this.#used.set(name, this.#inside(node));
    }
    return { $ref: `#/components/schemas/${name}` };
  }

  /** The schemas that were referred to so far, by name. */
  get components(): Json {
    return Object.fromEntries([...this.#used].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #inside(node: object): Json {
    return Object.fromEntries(
      Object.entries(node).map(([key, value]) => [
        key,
        key === 'examples' || key === 'default' ? value : this.refer(value),
      ]),
    );
  }
}

let namesByText: ReadonlyMap<string, string> | undefined;

function names(): ReadonlyMap<string, string> {
  if (namesByText !== undefined) return namesByText;
  const found = new Map<string, string>();
  const taken = new Set(['Problem']);
  for (const [area, exported] of Object.entries({
    events,
    auth,
    deadLetters,
    gateway,
    ingest,
    publisher,
    router,
    search,
  })) {
    for (const [name, value] of Object.entries(exported)) {
      const text = isCompound(value) ? JSON.stringify(value) : undefined;
      if (text === undefined || found.has(text)) continue;
      const unique = taken.has(name) ? `${area[0]?.toUpperCase()}${area.slice(1)}${name}` : name;
      taken.add(unique);
      found.set(text, unique);
    }
  }
  namesByText = found;
  return found;
}

/** Whether a value is a schema that is worth a name: an object with fields, or alternatives. */
function isCompound(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const isFields = 'type' in value && value.type === 'object' && 'properties' in value;
  return isFields || ('anyOf' in value && Array.isArray(value.anyOf) && value.anyOf.length > 1);
}
