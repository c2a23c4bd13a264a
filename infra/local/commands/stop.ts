import { setTimeout as delay } from 'node:timers/promises';
import { type Command, parseFlags } from '../command.ts';
import { isAlive, runningLauncher } from '../instance-lock.ts';
import { stateFolder } from '../state-folder.ts';
import { seconds } from '../terminal.ts';

/** Each process has 15 s before it is killed, and on a full disk several need them. */
const GRACE_MS = 180_000;
const CHECK_INTERVAL_MS = 100;

export const stopCommand: Command = {
  name: 'stop',
  summary: 'Stops PeerMesh in order: edge, services, stores.',
  usage: '',
  details: ['Ends with 0 also when nothing runs.'],
  run: async (args, settings) => {
    parseFlags('stop', args, {});
    const pid = runningLauncher(stateFolder(settings.home));
    if (pid === null) {
      process.stdout.write(`PeerMesh is not running from ${settings.home}\n`);
      return 0;
    }
    const startedAt = performance.now();
    process.kill(pid, 'SIGTERM');
    while (isAlive(pid) && performance.now() - startedAt < GRACE_MS) await delay(CHECK_INTERVAL_MS);
    if (isAlive(pid)) {
      process.kill(pid, 'SIGKILL');
      process.stderr.write(
        `peermesh: the launcher (pid ${pid}) did not end within ${seconds(GRACE_MS)} and was killed; its processes end with it\n`,
      );
      return 1;
    }
    process.stdout.write(`PeerMesh has stopped (${seconds(performance.now() - startedAt)})\n`);
    return 0;
  },
};
