import { type Command, parseFlags } from '../command.ts';
import { readFleetRecord } from '../fleet-record.ts';
import { probeFleet } from '../health.ts';
import { runningLauncher } from '../instance-lock.ts';
import { stateFolder } from '../state-folder.ts';
import { formatTable } from '../terminal.ts';

const EXIT_UNHEALTHY = 1;
const EXIT_NOT_RUNNING = 3;

export const statusCommand: Command = {
  name: 'status',
  summary: 'Shows every process of the running fleet and its health.',
  usage: '[--json]',
  details: [
    '--json  for programs',
    '',
    'Ends with 0 when all is healthy, 1 when something is not, 3 when nothing runs.',
  ],
  run: async (args, settings) => {
    const { values } = parseFlags('status', args, { json: { type: 'boolean', default: false } });
    const state = stateFolder(settings.home);
    const pid = runningLauncher(state);
    const record = pid === null ? null : readFleetRecord(state);
    if (record === null) {
      const text = pid === null ? 'not running' : 'starting';
      process.stdout.write(
        values.json ? `${JSON.stringify({ state: text })}\n` : `PeerMesh is ${text} (${settings.home})\n`,
      );
      return pid === null ? EXIT_NOT_RUNNING : EXIT_UNHEALTHY;
    }
    const healths = await probeFleet(record);
    const isHealthy = record.phase !== 'starting' && healths.every((health) => health.isHealthy);
    if (values.json) {
      const processes = healths.map(({ record: process, text }) => ({ ...process, health: text }));
      process.stdout.write(
        `${JSON.stringify({ state: isHealthy ? 'healthy' : 'unhealthy', ...record, processes }, null, 2)}\n`,
      );
    } else {
      const rows = healths.map(({ record: r, text }) => [
        r.name,
        String(r.pid ?? '-'),
        text,
        String(r.restarts),
        r.url,
      ]);
      process.stdout.write(`${formatTable(['name', 'pid', 'health', 'restarts', 'url'], rows).join('\n')}\n`);
      process.stdout.write(
        `${record.phase}; launcher pid ${record.launcherPid}, since ${record.startedAt}, edge ${record.publicUrl}\n`,
      );
    }
    return isHealthy ? 0 : EXIT_UNHEALTHY;
  },
};
