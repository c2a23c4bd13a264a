import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { composeFile } from './compose/compose-file.ts';
import type { GeneratedFile } from './generated-file.ts';
import { composeNginxFile } from './nginx/compose-nginx.ts';
import { alertsFile } from './observability/alerts-file.ts';
import { fleetDashboardFile } from './observability/fleet-dashboard.ts';
import { prometheusFile } from './observability/prometheus-config.ts';
import { rolesSqlFile } from './postgres/roles-sql.ts';

export type { GeneratedFile };

const CHECKOUT = resolve(import.meta.dirname, '..');

/** Everything that is made from the catalog. */
export function generatedFiles(): GeneratedFile[] {
  return [composeFile(), composeNginxFile(), prometheusFile(), alertsFile(), fleetDashboardFile(), rolesSqlFile()];
}

/** Writes what differs; returns the paths of the files that changed. */
export function writeGeneratedFiles(files: readonly GeneratedFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const target = join(CHECKOUT, path);
    if (existsSync(target) && readFileSync(target, 'utf8') === text) return [];
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    return [path];
  });
}

if (import.meta.main) {
  for (const path of writeGeneratedFiles(generatedFiles())) process.stdout.write(`${path}\n`);
}
