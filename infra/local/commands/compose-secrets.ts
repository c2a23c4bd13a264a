import { join } from 'node:path';
import { SECRETS_FOLDER } from '../../compose/compose-file.ts';
import { writeComposeSecrets } from '../../compose/write-secrets.ts';
import { type Command, parseFlags } from '../command.ts';
import { loadSecrets } from '../secrets.ts';
import { prepareStateFolder, stateFolder } from '../state-folder.ts';

export const composeSecretsCommand: Command = {
  name: 'compose-secrets',
  summary: 'Writes the secret files that docker-compose.yml mounts.',
  usage: '',
  details: [`They are made once and kept in ${SECRETS_FOLDER}; run it again after a new service was added.`],
  run: async (args, settings) => {
    parseFlags('compose-secrets', args, {});
    const state = stateFolder(settings.home);
    prepareStateFolder(state);
    const folder = join(settings.checkout, SECRETS_FOLDER);
    await writeComposeSecrets(folder, loadSecrets(state));
    process.stdout.write(`The secret files are in ${folder}\n`);
    return 0;
  },
};
