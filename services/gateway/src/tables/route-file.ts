import { readFile, stat } from 'node:fs/promises';
import { gatewayErrors } from '@peermesh/errors';
import { parse } from 'yaml';

/** Reads a route table from a YAML or JSON file. */
export async function readRouteFile(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8');
  try {
    return parse(text, { maxAliasCount: 100, version: '1.2' });
  } catch (error) {
    const message = error instanceof Error ? error.message.slice(0, 500) : 'cannot be parsed';
    throw gatewayErrors.routesInvalid({ errors: [{ pointer: '', message }], cause: error });
  }
}

/** Changes whenever the file does. */
export async function routeFileVersion(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path);
  return `${mtimeMs}:${size}:${ino}`;
}
