import { type ParseArgsConfig, parseArgs } from 'node:util';

/** A node id is base64url, and one of 64 begins with a dash: no flag is that long. */
const DASHED_NODE_ID = /^-[A-Za-z0-9_-]{42}$/;
const MARK = '\0';

/** Takes a command line apart like `parseArgs`, which would take some node ids for flags. */
export function parseArguments<const Options extends NonNullable<ParseArgsConfig['options']>>(
  argv: readonly string[],
  options: Options,
): ReturnType<typeof parseArgs<{ options: Options; allowPositionals: true; args: string[] }>> {
  const args = argv.map((argument) => (DASHED_NODE_ID.test(argument) ? MARK + argument : argument));
  const parsed = parseArgs<{ options: Options; allowPositionals: true; args: string[] }>({
    args,
    allowPositionals: true,
    options,
  });
  const positionals = parsed.positionals.map((argument) => argument.replace(MARK, ''));
  return { ...parsed, positionals };
}
