import { createHash } from 'node:crypto';
import { normalizeName } from '../analysis/analyzer.ts';

/** The id of an entity that extraction found: the same name and type in one tenant give the same id, on every replica. */
export function derivedEntityId(tenantId: string, type: string, nameKey: string): string {
  return `ent_${digest('entity', tenantId, type, nameKey)}`;
}

/** The id of a relationship that extraction found in a document. */
export function derivedRelationshipId(
  tenantId: string,
  documentId: string,
  from: string,
  to: string,
  type: string,
): string {
  return `rel_${digest('relationship', tenantId, documentId, from, to, type)}`;
}

/** What a name is compared by; never empty. */
export function nameKeyOf(name: string): string {
  return normalizeName(name) || name.trim().toLowerCase();
}

/** SHA-256 of title and text, as intake computes it. */
export function contentHashOf(title: string | null, text: string): string {
  return createHash('sha256')
    .update(`${title ?? ''}\n${text}`)
    .digest('hex');
}

function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\u0000')).digest('hex').slice(0, 32);
}
