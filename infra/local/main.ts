import { type Command, helpText } from './command.ts';
import { benchCommand } from './commands/bench.ts';
import { composeSecretsCommand } from './commands/compose-secrets.ts';
import { devCommand } from './commands/dev.ts';
import { dlqCommand } from './commands/dlq.ts';
import { doctorCommand } from './commands/doctor.ts';
import { logsCommand } from './commands/logs.ts';
import { resetCommand } from './commands/reset.ts';
import { startCommand } from './commands/start.ts';
import { statusCommand } from './commands/status.ts';
import { stopCommand } from './commands/stop.ts';
import { testCommand } from './commands/test.ts';
import { describeError } from './launcher-error.ts';
import { readSettings } from './settings.ts';

const COMMANDS: readonly Command[] = [
  startCommand,
  stopCommand,
  statusCommand,
  logsCommand,
  doctorCommand,
  resetCommand,
  devCommand,
  dlqCommand,
  testCommand,
  benchCommand,
  composeSecretsCommand,
];

async function main(): Promise<number> {
  // PostgreSQL's user has to read what is made for it; what is secret is made with a mode of its own.
  process.umask(0o022);
  const [name = 'start', ...args] = process.argv.slice(2);
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) {
    process.stderr.write(`peermesh: there is no command '${name}': use ${COMMANDS.map((c) => c.name).join(', ')}\n`);
    return 2;
  }
  const own = args.indexOf('--') === -1 ? args : args.slice(0, args.indexOf('--'));
  if (own.includes('--help') || own.includes('-h')) {
    process.stdout.write(helpText(command));
    return 0;
  }
  return command.run(args, readSettings(process.env));
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`peermesh: ${describeError(error)}\n`);
  process.exitCode = 1;
}
