import type { SubscriptionFilter } from '@peermesh/contracts/publisher';
import { necessaryWords } from './query-expression.ts';
import {
  type CompiledFilter,
  compileFilter,
  filterMatches,
  foldName,
  type MatchableDocument,
} from './subscription-filter.ts';

/** A subscription as the matcher needs it. */
export interface IndexedSubscription {
  readonly id: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly userRoles: readonly string[];
  readonly filter: SubscriptionFilter;
  readonly endpointIds: readonly string[];
  readonly isActive: boolean;
}

interface Entry {
  readonly subscription: IndexedSubscription;
  readonly compiled: CompiledFilter;
  readonly keys: readonly string[];
}

const CATCH_ALL = '*';

/**
 * All active subscriptions, filed so that a document meets only those that could match it: each one under the keys of its
 * most selective criterion (entity, source, topic, words of its query, entity type), or under the catch-all.
 */
export class SubscriptionIndex {
  readonly #entries = new Map<string, Entry>();
  readonly #lists = new Map<string, Set<Entry>>();

  get size(): number {
    return this.#entries.size;
  }

  /** Adds, replaces or, when it is not active, removes a subscription. */
  put(subscription: IndexedSubscription): void {
    this.remove(subscription.id);
    if (!subscription.isActive) return;
    const compiled = compileFilter(subscription.filter);
    const keys = keysOf(compiled).map((key) => `${subscription.tenantId} ${key}`);
    const entry: Entry = { subscription, compiled, keys };
    this.#entries.set(subscription.id, entry);
    for (const key of keys) {
      const list = this.#lists.get(key);
      if (list === undefined) this.#lists.set(key, new Set([entry]));
      else list.add(entry);
    }
  }

  remove(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    for (const key of entry.keys) {
      const list = this.#lists.get(key);
      list?.delete(entry);
      if (list?.size === 0) this.#lists.delete(key);
    }
  }

  /** Subscriptions of the tenant whose filter matches and whose user may read the document. */
  match(tenantId: string, document: MatchableDocument): IndexedSubscription[] {
    const found = new Set<Entry>();
    for (const key of documentKeys(document)) {
      for (const entry of this.#lists.get(`${tenantId} ${key}`) ?? []) found.add(entry);
    }
    const acl = new Set(document.document.acl);
    return [...found]
      .filter(({ subscription, compiled }) => mayRead(subscription, acl) && filterMatches(compiled, document))
      .map(({ subscription }) => subscription);
  }
}

/** Whether an access list lets the user of a subscription in. */
export function mayRead(user: Pick<IndexedSubscription, 'userId' | 'userRoles'>, acl: ReadonlySet<string>): boolean {
  return acl.has('tenant') || acl.has(`user:${user.userId}`) || user.userRoles.some((role) => acl.has(`role:${role}`));
}

function keysOf({ filter, topics, entities, query }: CompiledFilter): readonly string[] {
  if (entities.length > 0 && entities.every(({ id, name }) => id !== undefined || name !== undefined)) {
    return entities.map(({ id, name }) => (id === undefined ? `n:${name}` : `e:${id}`));
  }
  if (filter.sources !== undefined) return filter.sources.map((source) => `s:${source}`);
  if (topics.length > 0) return topics.map((topic) => `t:${topic}`);
  const words = query === null ? null : necessaryWords(query);
  if (words !== null) return words.map((word) => `w:${word}`);
  if (entities.length > 0 && entities.every(({ type }) => type !== undefined))
    return entities.map(({ type }) => `y:${type}`);
  return [CATCH_ALL];
}

function* documentKeys({ document, topics, text }: MatchableDocument): Iterable<string> {
  yield CATCH_ALL;
  if (document.sourceId !== null) yield `s:${document.sourceId}`;
  for (const topic of topics) yield `t:${topic}`;
  for (const entity of document.entities) {
    yield `e:${entity.id}`;
    yield `n:${foldName(entity.name)}`;
    yield `y:${entity.type}`;
  }
  for (const word of text.words) yield `w:${word}`;
}
