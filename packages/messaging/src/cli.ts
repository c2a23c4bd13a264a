import { parseArgs } from 'node:util';
import { createClient } from '@peermesh/contracts';
import { DEAD_LETTER_MODULES, type DeadLetterSummary, defineDeadLetterRoutes } from '@peermesh/contracts/dead-letters';
import { isPeerMeshError } from '@peermesh/errors';

const HELP = `Dead letters of a running fleet.

  list MODULE [--state open|redriven|discarded] [--consumer NAME] [--code CODE] [--page N] [--limit N]
  show MODULE ID
  redrive MODULE (ID... | --consumer NAME | --code CODE | --from TIME | --to TIME) [--limit N] [--dry-run]
  discard MODULE (ID... | --consumer NAME | --code CODE | --from TIME | --to TIME) [--limit N] [--dry-run]

MODULE is ${DEAD_LETTER_MODULES.join(', ')}. --json prints the API's answer.
PEERMESH_URL names the gateway, PEERMESH_TOKEN holds an administrator's token or API key.
Exit codes: 0 done, 1 the API refused, 2 wrong usage.
`;

class UsageError extends Error {}

function arguments_(): { command: string; module: string; ids: string[]; flags: Flags } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      state: { type: 'string' },
      consumer: { type: 'string' },
      code: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      page: { type: 'string' },
      limit: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [command = 'help', module = '', ...ids] = positionals;
  if (values.help || command === 'help') return { command: 'help', module, ids, flags: values };
  if (!(DEAD_LETTER_MODULES as readonly string[]).includes(module))
    throw new UsageError(`name a module: ${DEAD_LETTER_MODULES.join(', ')}`);
  return { command, module, ids, flags: values };
}

interface Flags {
  readonly state?: string | undefined;
  readonly consumer?: string | undefined;
  readonly code?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly page?: string | undefined;
  readonly limit?: string | undefined;
  readonly 'dry-run'?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** The flags that were given, without the others. */
function given<Value extends Record<string, unknown>>(
  values: Value,
): { [Key in keyof Value]?: Exclude<Value[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

const numberOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

async function main(): Promise<void> {
  const { command, module, ids, flags } = arguments_();
  if (command === 'help') {
    process.stdout.write(HELP);
    return;
  }
  const baseUrl = process.env['PEERMESH_URL'];
  const token = process.env['PEERMESH_TOKEN'];
  if (baseUrl === undefined || token === undefined) throw new UsageError('set PEERMESH_URL and PEERMESH_TOKEN');
  const client = createClient(defineDeadLetterRoutes(module), { baseUrl, token });
  const print = (value: unknown, text: () => string): void => {
    process.stdout.write(flags.json === true ? `${JSON.stringify(value, null, 2)}\n` : text());
  };
  const { consumer, code, from, to } = flags;
  const selection = given({
    ids: ids.length > 0 ? ids : undefined,
    consumer,
    code,
    from,
    to,
    limit: numberOf(flags.limit),
    isDryRun: flags['dry-run'] === true ? true : undefined,
  });
  switch (command) {
    case 'list': {
      const query = given({
        state: flags.state,
        consumer,
        code,
        page: numberOf(flags.page),
        limit: numberOf(flags.limit),
      });
      const { body } = await client.listDeadLetters({ query: query as never });
      print(body, () => table(body.items) + `${body.total} in all\n`);
      return;
    }
    case 'show': {
      const [id] = ids;
      if (id === undefined) throw new UsageError('name the id');
      const { body } = await client.getDeadLetter({ params: { id } });
      print(body, () => `${JSON.stringify(body, null, 2)}\n`);
      return;
    }
    case 'redrive': {
      const { body } = await client.redriveDeadLetters({ body: selection });
      print(body, () => `${body.deadLetters} ${flags['dry-run'] === true ? 'would be ' : ''}sent again\n`);
      return;
    }
    case 'discard': {
      const { body } = await client.discardDeadLetters({ body: selection });
      print(body, () => `${body.deadLetters} ${flags['dry-run'] === true ? 'would be ' : ''}discarded\n`);
      return;
    }
    default:
      throw new UsageError(`there is no command ${command}`);
  }
}

function table(items: readonly DeadLetterSummary[]): string {
  const rows = [
    ['ID', 'STATE', 'CONSUMER', 'ATTEMPTS', 'LAST FAILED', 'CODE', 'REASON'],
    ...items.map((item) => [
      item.id,
      item.state,
      item.consumer,
      String(item.attempts),
      item.lastFailedAt,
      item.code,
      item.reason.slice(0, 60),
    ]),
  ];
  const widths = rows[0]?.map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

try {
  await main();
} catch (error) {
  const isUsage = error instanceof UsageError || (error instanceof TypeError && 'code' in error);
  const text = isPeerMeshError(error)
    ? `${error.code}: ${error.occurrence.detail ?? error.title}`
    : error instanceof Error
      ? error.message
      : String(error);
  process.stderr.write(`${text}\n${isUsage ? `\n${HELP}` : ''}`);
  process.exitCode = isUsage ? 2 : 1;
}
