import { createInterface } from 'node:readline/promises';
import { type Command, parseFlags } from '../command.ts';
import { runningLauncher } from '../instance-lock.ts';
import { LauncherError } from '../launcher-error.ts';
import { deleteState, stateFolder } from '../state-folder.ts';

export const resetCommand: Command = {
  name: 'reset',
  summary: 'Deletes all data, logs and secrets of the local installation.',
  usage: '[--yes] [--tools]',
  details: ['--yes    do not ask', '--tools  delete Node and pnpm in the state folder as well'],
  run: async (args, settings) => {
    const { values } = parseFlags('reset', args, {
      yes: { type: 'boolean', default: false },
      tools: { type: 'boolean', default: false },
    });
    const state = stateFolder(settings.home);
    const pid = runningLauncher(state);
    if (pid !== null) throw new LauncherError(`PeerMesh is running (pid ${pid})`, 'stop it first with `npm run stop`');
    if (!values.yes && !(await confirm(`Delete all data in ${settings.home}? Type yes: `))) {
      process.stdout.write('Nothing was deleted.\n');
      return 1;
    }
    deleteState(state, { withTools: values.tools });
    process.stdout.write(`Deleted the state in ${settings.home}\n`);
    return 0;
  },
};

async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new LauncherError('nobody is there to confirm', 'pass --yes');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(question);
  terminal.close();
  return answer.trim() === 'yes';
}
