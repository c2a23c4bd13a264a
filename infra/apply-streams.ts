import { readFileSync } from 'node:fs';
import { streams } from './catalog.ts';
import { applyStreamsAt } from './streams.ts';

/** One-shot of deployments: makes the declared streams at `NATS_URL`, or at the URL in the file `NATS_URL_FILE`. */
const file = process.env['NATS_URL_FILE'];
const url = file === undefined ? process.env['NATS_URL'] : readFileSync(file, 'utf8').trim();
if (url === undefined || url === '') {
  process.stderr.write('NATS_URL or NATS_URL_FILE is missing\n');
  process.exitCode = 1;
} else {
  const changed = await applyStreamsAt(url, streams);
  process.stdout.write(`${streams.length} streams are as declared; changed: ${changed.join(', ') || 'none'}\n`);
}
