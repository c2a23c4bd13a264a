import { globSync } from 'node:fs';

/** One step of `npm test`: a static check (a command that must succeed) or a folder of test files. */
export type Phase =
  | { readonly name: string; readonly kind: 'check'; readonly command: readonly string[] }
  | {
      readonly name: string;
      readonly kind: 'tests';
      readonly pattern: string;
      readonly concurrency: number;
      readonly timeoutMs: number;
      /** After this a file is killed, whatever it waits for. */
      readonly fileLimitMs: number;
    };

const node = (...args: string[]): string[] => [process.execPath, ...args];
const tool = (name: string, ...args: string[]): string[] => [`node_modules/.bin/${name}`, ...args];

/** In the order in which they fail fastest. */
export const PHASES: readonly Phase[] = [
  { name: 'format', kind: 'check', command: tool('biome', 'ci', '--error-on-warnings', '.') },
  { name: 'lint', kind: 'check', command: tool('oxlint', '--deny-warnings') },
  {
    name: 'boundaries',
    kind: 'check',
    command: tool(
      'depcruise',
      '--config',
      '.dependency-cruiser.mjs',
      'packages',
      'services',
      'infra',
      'e2e',
      'bench',
      'tools',
    ),
  },
  { name: 'unused', kind: 'check', command: tool('knip', '--no-config-hints') },
  { name: 'secrets', kind: 'check', command: node('--conditions=@peermesh/source', 'tools/check/secrets.ts') },
  { name: 'types', kind: 'check', command: node('--conditions=@peermesh/source', 'tools/check/types.ts') },
  { name: 'generated', kind: 'check', command: node('--conditions=@peermesh/source', 'tools/gen/run.ts', '--check') },
  { name: 'documents', kind: 'check', command: node('--conditions=@peermesh/source', 'tools/check/documents.ts') },
  {
    name: 'unit',
    kind: 'tests',
    pattern: '{packages,services,bench}/*/test/unit/**/*.test.ts',
    concurrency: 2,
    timeoutMs: 60_000,
    fileLimitMs: 120_000,
  },
  {
    name: 'contract',
    kind: 'tests',
    pattern: '{packages,services}/*/test/contract/**/*.test.ts',
    concurrency: 2,
    timeoutMs: 120_000,
    fileLimitMs: 300_000,
  },
  {
    name: 'integration',
    kind: 'tests',
    pattern: '{{packages,services}/*/test/integration/**/*.test.ts,infra/test/**/*.test.ts}',
    concurrency: 2,
    timeoutMs: 120_000,
    // The gate of the simulator has up to ten minutes.
    fileLimitMs: 660_000,
  },
  {
    name: 'e2e',
    kind: 'tests',
    pattern: 'e2e/**/*.test.ts',
    // A fleet on its own waits half of the time.
    concurrency: 2,
    timeoutMs: 600_000,
    fileLimitMs: 900_000,
  },
];

/** The test files of a phase, `filter` applied to their paths. */
export function filesOf(pattern: string, filter: string | null): string[] {
  return globSync(pattern, { exclude: (path) => String(path).includes('node_modules') })
    .filter((path) => filter === null || path.includes(filter))
    .sort();
}
