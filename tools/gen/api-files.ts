import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RouteDefinition } from '@peermesh/contracts';
import { eventCatalogue, routeCatalogue } from '@peermesh/contracts/catalogue';
import { asyncApiDocument, openApiDocument } from '@peermesh/contracts/generate';
import type { GeneratedFile } from '@peermesh/infra/generate';

const VERSION = (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version;
const EXAMPLES = 'packages/contracts/examples';

/** OpenAPI of each service and of all together, and AsyncAPI of all events. */
export function apiFiles(): GeneratedFile[] {
  const all = Object.values(routeCatalogue).flatMap((routes): RouteDefinition[] => Object.values(routes));
  return [
    ...Object.entries(routeCatalogue).map(([name, routes]) => openApi(name, `PeerMesh ${name}`, Object.values(routes))),
    openApi('peermesh', 'PeerMesh', all),
    { path: 'docs/asyncapi/peermesh.json', text: json(asyncApi()) },
  ];
}

function openApi(name: string, title: string, routes: readonly RouteDefinition[]): GeneratedFile {
  const description = 'Made from packages/contracts. Errors are RFC 9457 problem details; docs/errors explains every code.';
  return { path: `docs/openapi/${name}.json`, text: json(openApiDocument({ title, description, version: VERSION, routes })) };
}

function asyncApi(): Record<string, unknown> {
  return asyncApiDocument({
    title: 'PeerMesh events',
    description: 'Facts that services publish through their outbox. At-least-once delivery, exactly-once effect by event id.',
    version: VERSION,
    events: eventCatalogue,
    examples: goldenExamples(),
  });
}

function goldenExamples(): Record<string, unknown[]> {
  const result: Record<string, unknown[]> = {};
  for (const type of readdirSync(EXAMPLES).sort()) {
    result[type] = readdirSync(join(EXAMPLES, type)).sort().map((file) => JSON.parse(readFileSync(join(EXAMPLES, type, file), 'utf8')) as unknown);
  }
  return result;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
