import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventDefinition, RouteDefinition } from '@peermesh/contracts';
import { authRoutes } from '@peermesh/contracts/auth';
import * as events from '@peermesh/contracts/events';
import { gatewayRoutes } from '@peermesh/contracts/gateway';
import { asyncApiDocument, openApiDocument } from '@peermesh/contracts/generate';
import { ingestRoutes } from '@peermesh/contracts/ingest';
import { publisherRoutes } from '@peermesh/contracts/publisher';
import { searchRoutes } from '@peermesh/contracts/search';
import type { GeneratedFile } from '../../infra/generated-file.ts';

const VERSION = (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version;
const EXAMPLES = 'packages/contracts/examples';

const services: Readonly<Record<string, Readonly<Record<string, RouteDefinition>>>> = {
  auth: authRoutes,
  gateway: gatewayRoutes,
  ingest: ingestRoutes,
  publisher: publisherRoutes,
  search: searchRoutes,
};

/** OpenAPI of each service and of all together, and AsyncAPI of all events. */
export function apiFiles(): GeneratedFile[] {
  const all = Object.values(services).flatMap((routes) => Object.values(routes));
  return [
    ...Object.entries(services).map(([name, routes]) => openApi(name, `PeerMesh ${name}`, Object.values(routes))),
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
    events: Object.values(events).filter((value): value is EventDefinition => 'subject' in value && 'stream' in value),
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
