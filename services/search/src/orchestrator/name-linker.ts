import type { Database } from '@peermesh/database';
import { findExact, LINKED_MAX, linkEntities } from '../adapters/pg/entity-linker.ts';
import { normalizeName } from '../domain/analysis/analyzer.ts';
import type { PinnedHit } from '../domain/fusion/fuse.ts';
import type { NamedEntity } from '../domain/keyword/name-book.ts';
import { nameCandidates } from '../domain/query/parse-query.ts';
import type { DocumentRow, EntityRow } from '../domain/records/document-row.ts';
import type { LegContext, Viewer } from '../ports.ts';
import { documentAttributes, entityAttributes } from '../projection/change-reader.ts';
import type { RunningBackend } from '../projection/generation-registry.ts';
import type { SearchPlan } from './plan.ts';

/** Entities by name from the memory of a keyword backend; null when it has none. */
export type NameLookup = (
  running: RunningBackend | undefined,
  names: readonly string[],
  viewer: Viewer,
  max: number,
) => readonly NamedEntity[] | null;

/** What a query names. */
export interface LinkedNames {
  readonly linked: readonly NamedEntity[];
  /** Records whose id or name is the whole query, when they fit the filter. */
  readonly pins: readonly PinnedHit[];
}

const EXACT_ID = /^(doc|ent)_[A-Za-z0-9-]{1,64}$/;
const PINNED_MAX = 3;
const NOTHING: LinkedNames = { linked: [], pins: [] };

/** Finds the records that a query names by id or name: in the memory of the keyword leg, else in the tables. */
export class NameLinker {
  readonly #db: Database<unknown>;
  readonly #names: NameLookup;

  constructor(options: { readonly db: Database<unknown>; readonly names: NameLookup }) {
    this.#db = options.db;
    this.#names = options.names;
  }

  async link(plan: SearchPlan, keyword: RunningBackend | undefined, context: LegContext): Promise<LinkedNames> {
    const text = plan.parsed.plain;
    if (text === '') return NOTHING;
    if (EXACT_ID.test(text)) return { linked: [], pins: await this.#exact(plan, text, context) };
    const names = nameCandidates(text);
    const linked =
      this.#names(keyword, names, context.viewer, LINKED_MAX) ?? (await linkEntities(this.#db, names, context));
    const whole = normalizeName(text);
    const pins = linked
      .filter((entity) => entity.nameKey === whole && passes(plan, entity.id, entity.attributes))
      .slice(0, PINNED_MAX)
      .map(({ id, attributes }) => ({ id, attributes, pin: 'name' as const }));
    return { linked, pins };
  }

  async #exact(plan: SearchPlan, id: string, context: LegContext): Promise<PinnedHit[]> {
    const found = await findExact(this.#db, id, context);
    if (found === null) return [];
    const attributes =
      found.kind === 'doc' ? documentAttributes(found.row as DocumentRow) : entityAttributes(found.row as EntityRow);
    return passes(plan, id, attributes) ? [{ id, attributes, pin: 'id' }] : [];
  }
}

function passes({ filter }: SearchPlan, id: string, attributes: PinnedHit['attributes']): boolean {
  return filter.matches === null || filter.matches(id, attributes);
}
