import { onBrokenPipe } from './broken-pipe.ts';
import { type Command, helpText } from './command.ts';
import { describeError } from './launcher-error.ts';
import { readSettings } from './settings.ts';

/** Loaded when asked for: `stop` and `status` work even when something in the workspace is broken. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./commands/start.ts')).startCommand,
  stop: async () => (await import('./commands/stop.ts')).stopCommand,
  status: async () => (await import('./commands/status.ts')).statusCommand,
  logs: async () => (await import('./commands/logs.ts')).logsCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
  reset: async () => (await import('./commands/reset.ts')).resetCommand,
  dev: async () => (await import('./commands/dev.ts')).devCommand,
  dlq: async () => (await import('./commands/dlq.ts')).dlqCommand,
  mesh: async () => (await import('./commands/mesh.ts')).meshCommand,
  'mesh:demo': async () => (await import('./commands/mesh-demo.ts')).meshDemoCommand,
  test: async () => (await import('./commands/test.ts')).testCommand,
  bench: async () => (await import('./commands/bench.ts')).benchCommand,
  sim: async () => (await import('./commands/sim.ts')).simCommand,
  'compose-secrets': async () => (await import('./commands/compose-secrets.ts')).composeSecretsCommand,
};

async function main(): Promise<number> {
  // PostgreSQL's user has to read what is made for it; what is secret is made with a mode of its own.
  process.umask(0o022);
  // A fleet outlives whoever watches it start.
  onBrokenPipe(() => undefined);
  const [name = 'start', ...args] = process.argv.slice(2);
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) {
    process.stderr.write(`peermesh: there is no command '${name}': use ${Object.keys(COMMANDS).join(', ')}\n`);
    return 2;
  }
  const command = await load();
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
  const text = `peermesh: ${describeError(error)}\n`;
  process.stderr.write(text);
  // In the background standard error is a log; whoever waits for it is to see it as well.
  if (process.connected) process.send?.({ text });
  process.exitCode = 1;
}
