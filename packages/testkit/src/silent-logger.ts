import { type Logger, pino } from 'pino';

/** A logger that writes nothing; with `PEERMESH_TEST_LOG` set to a level it writes to standard error. */
export function silentLogger(): Logger {
  const level = process.env['PEERMESH_TEST_LOG'] ?? 'silent';
  return pino({ level }, pino.destination({ dest: 2, sync: true }));
}
