import { UsageError } from './command.ts';

/** What the help says of a command. */
interface Described {
  readonly usage: string;
  readonly summary: string;
}

const COLUMNS = 100;
const USAGE_COLUMNS = 36;
const INDENT = 2;

/** All commands, a screen wide. */
export function overview(commands: Readonly<Record<string, Described>>): string {
  return `Forms, shows and changes a mesh through the API of one of its nodes.

${Object.values(commands).map(entry).join('')}
NODE is an id, a number or a name. --json prints the API's answer. --url names the node to ask, --node one of
PEERMESH_MESH_NODES (name=url,...); PEERMESH_MESH_URL is asked otherwise. PEERMESH_TOKEN holds an access token.
Exit codes: 0 done, 1 refused or unreachable, 2 wrong usage; status also 3 degraded, 4 critical, 5 no mesh.
\`mesh help COMMAND\` shows one of them.
`;
}

/** One command. @throws UsageError when there is no such command */
export function helpOn(commands: Readonly<Record<string, Described>>, name: string): string {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new UsageError(`there is no command ${name}`);
  return entry(command);
}

function entry({ usage, summary }: Described): string {
  const margin = ' '.repeat(INDENT + USAGE_COLUMNS + INDENT);
  const lines = wrapped(summary, COLUMNS - margin.length);
  const head = ' '.repeat(INDENT) + (usage.length > COLUMNS - INDENT ? usage.replaceAll(' | ', '\n     | ') : usage);
  if (usage.length > USAGE_COLUMNS) return `${[head, ...lines.map((line) => margin + line)].join('\n')}\n`;
  const [first = '', ...rest] = lines;
  return `${[head.padEnd(margin.length) + first, ...rest.map((line) => margin + line)].join('\n')}\n`;
}

/** Words in lines of at most so many columns. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}
