import { existsSync, readFileSync } from 'node:fs';
import { eventCatalogue } from '@peermesh/contracts/catalogue';
import { eventSchemaDocument, incompatibilities } from '@peermesh/contracts/generate';
import type { GeneratedFile } from '@peermesh/infra/generate';

/**
 * The schema of every event. What is committed is the promise to consumers: throws when a definition no longer keeps it.
 */
export function eventSchemas(): GeneratedFile[] {
  const broken: string[] = [];
  const files = eventCatalogue.map((event) => {
    const path = `packages/contracts/schemas/${event.type}.json`;
    const after = eventSchemaDocument(event);
    if (existsSync(path)) {
      const before = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
      broken.push(...incompatibilities(before, after).map((change) => `${event.type}: ${change}`));
    }
    return { path, text: `${JSON.stringify(after, null, 2)}\n` };
  });
  if (broken.length > 0) {
    throw new Error(
      `These changes break consumers; publish the new shape as a new event (.v2) instead:\n  ${broken.join('\n  ')}\n` +
        'Where no release has the event yet, remove its file in packages/contracts/schemas and run again.',
    );
  }
  return files;
}
