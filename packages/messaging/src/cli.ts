import { parseArgs } from 'node:util';
import { createClient } from '@peermesh/contracts';
import {
  DEAD_LETTER_MODULES,
  DEAD_LETTER_STATES,
  type DeadLetterModule,
  type DeadLetterSummary,
  deadLetterRoutes,
} from '@peermesh/contracts/dead-letters';
import { isPeerMeshError } from '@peermesh/errors';

const HELP = `Dead letters of a running fleet.

  list MODULE [FILTER] [--state STATE] [--page N] [--limit N]
  show MODULE ID
  redrive MODULE (ID... | FILTER | --all) [--rate PER_SECOND] [--dry-run]
  discard MODULE (ID... | FILTER | --all) [--dry-run]

MODULE is ${DEAD_LETTER_MODULES.join(', ')}. STATE is ${DEAD_LETTER_STATES.join(', ')}.
FILTER is any of --consumer NAME, --code CODE, --subject SUBJECT, --from TIME, --to TIME (RFC 3339, of the last failure).
--json prints the API's answer.
PEERMESH_URL names the gateway, PEERMESH_TOKEN holds an administrator's token or API key.
Exit codes: 0 done, 1 the API refused or cannot be reached, 2 wrong usage.
`;

class UsageError extends Error {}

const OPTIONS = {
  state: { type: 'string' },
  consumer: { type: 'string' },
  code: { type: 'string' },
  subject: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  page: { type: 'string' },
  limit: { type: 'string' },
  rate: { type: 'string' },
  all: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** The members that are set. */
function given<Value extends Record<string, unknown>>(
  values: Value,
): { [Key in keyof Value]?: Exclude<Value[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

function numberOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new UsageError(`--${flag} takes a number`);
  return value;
}

async function main(): Promise<void> {
  const { values: flags, positionals } = parseArgs({ allowPositionals: true, options: OPTIONS });
  const [command = 'help', module = '', ...ids] = positionals;
  if (flags.help || command === 'help') {
    process.stdout.write(HELP);
    return;
  }
  if (!(DEAD_LETTER_MODULES as readonly string[]).includes(module))
    throw new UsageError(`name a module: ${DEAD_LETTER_MODULES.join(', ')}`);
  const baseUrl = process.env['PEERMESH_URL'];
  const token = process.env['PEERMESH_TOKEN'];
  if (baseUrl === undefined || token === undefined) throw new UsageError('set PEERMESH_URL and PEERMESH_TOKEN');
  const client = createClient(deadLetterRoutes(module as DeadLetterModule), { baseUrl, token });
  const print = (value: unknown, text: string): void => {
    process.stdout.write(flags.json ? `${JSON.stringify(value, null, 2)}\n` : text);
  };
  const { consumer, code, subject, from, to } = flags;
  const filter = given({ consumer, code, subject, from, to });
  const dryRun = flags['dry-run'];
  const selection = (): { ids: string[] } | { filter: typeof filter } => {
    const isFiltered = Object.keys(filter).length > 0;
    if (Number(ids.length > 0) + Number(isFiltered) + Number(flags.all) !== 1)
      throw new UsageError('give ids, or a filter, or --all');
    return ids.length > 0 ? { ids } : { filter };
  };
  if (command === 'list') {
    const state = flags.state as DeadLetterSummary['state'] | undefined;
    const query = given({
      ...filter,
      state,
      page: numberOf('page', flags.page),
      limit: numberOf('limit', flags.limit),
    });
    const { body } = await client.listDeadLetters({ query });
    print(body, `${table(body.items)}${body.total} in all\n`);
  } else if (command === 'show') {
    const [deadLetterId] = ids;
    if (deadLetterId === undefined) throw new UsageError('name the id');
    const { body } = await client.getDeadLetter({ params: { deadLetterId } });
    print(body, `${JSON.stringify(body, null, 2)}\n`);
  } else if (command === 'redrive') {
    const rate = given({ ratePerSecond: numberOf('rate', flags.rate) });
    const { body } = await client.redriveDeadLetters({ body: { ...selection(), ...rate, dryRun } });
    print(body, `${body.matched} ${dryRun ? 'would be' : 'are being'} sent to their consumer again\n`);
  } else if (command === 'discard') {
    const { body } = await client.discardDeadLetters({ body: { ...selection(), dryRun } });
    print(body, `${body.matched} ${dryRun ? 'would be' : 'are'} discarded\n`);
  } else {
    throw new UsageError(`there is no command ${command}`);
  }
}

function table(items: readonly DeadLetterSummary[]): string {
  const rows = [
    ['ID', 'STATE', 'CONSUMER', 'ATTEMPTS', 'LAST FAILED', 'CODE', 'REASON'],
    ...items.map(({ id, state, consumer, attempts, lastFailedAt, code, reason }) => [
      id,
      state,
      consumer,
      String(attempts),
      lastFailedAt,
      code,
      reason.replace(/\s+/g, ' ').slice(0, 60),
    ]),
  ];
  const widths = rows[0]?.map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lineOf = (row: string[]): string => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return rows.map((row) => `${lineOf(row).trimEnd()}\n`).join('');
}

try {
  await main();
} catch (error) {
  const isUsage =
    error instanceof UsageError ||
    (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  const text = isPeerMeshError(error)
    ? `${error.code}: ${error.occurrence.detail ?? error.title}`
    : error instanceof Error
      ? error.message
      : String(error);
  process.stderr.write(`${text}\n${isUsage ? `\n${HELP}` : ''}`);
  process.exitCode = isUsage ? 2 : 1;
}
