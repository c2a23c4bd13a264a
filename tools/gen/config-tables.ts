import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { GeneratedFile } from '@peermesh/infra/generate';

interface Setting {
  readonly description?: string;
  readonly default?: unknown;
}

const START = '<!-- settings: made by `pnpm gen` -->';
const END = '<!-- end of settings -->';

/** The table of settings in each service's README, between two markers. */
export async function configTables(): Promise<GeneratedFile[]> {
  const files: GeneratedFile[] = [];
  for (const config of globSync('services/*/src/config.ts').sort()) {
    const path = join(dirname(dirname(config)), 'README.md');
    if (!existsSync(path)) continue;
    const readme = readFileSync(path, 'utf8');
    const from = readme.indexOf(START);
    const to = readme.indexOf(END);
    if (from === -1 || to === -1) continue;
    const module = (await import(resolve(config))) as Record<string, unknown>;
    const schema = Object.values(module).find(isServiceSchema);
    if (schema === undefined) throw new Error(`${config} exports no schema with HOST`);
    files.push({ path, text: `${readme.slice(0, from)}${START}\n${table(schema.properties)}\n${readme.slice(to)}` });
  }
  return files;
}

function isServiceSchema(value: unknown): value is { properties: Record<string, Setting> } {
  return typeof value === 'object' && value !== null && 'properties' in value && 'HOST' in (value.properties as object);
}

function table(properties: Readonly<Record<string, Setting>>): string {
  const rows = Object.entries(properties).map(([key, setting]) => {
    const fallback = setting.default === undefined ? 'required' : setting.default === '' ? 'empty' : `\`${String(setting.default).replace(`${process.cwd()}/`, "")}\``;
    return [`\`${key}\``, fallback, (setting.description ?? '').replaceAll('|', '\\|')];
  });
  return `\n${aligned([['setting', 'default', 'meaning'], ...rows])}\n`;
}

/** Columns as wide as their widest cell: what the formatter makes of a table. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => [...(row[column] ?? '')].length)));
  const line = (row: readonly string[]): string => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head, ...body] = rows.map(line);
  return [head, line(widths.map((width) => '-'.repeat(width))), ...body].join('\n');
}
