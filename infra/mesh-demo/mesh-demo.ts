import { parseArgs } from 'node:util';
import { watchLifetime } from '../local/lifetime.ts';
import { readSettings } from '../local/settings.ts';
import { MeshProcesses } from '../mesh-processes/index.ts';
import { Demonstration, type Pace } from './demonstration.ts';

/** The same story; `quick` looks at each part of it for a shorter time. */
const PACES: Readonly<Record<'full' | 'quick', Pace>> = {
  full: { viewEveryMs: 1_000, viewMs: 6_000 },
  quick: { viewEveryMs: 1_000, viewMs: 2_000 },
};

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const lifetime = watchLifetime(readSettings(process.env));
const mesh = await MeshProcesses.open();
let isClosing = false;
const close = async (): Promise<void> => {
  if (isClosing) return;
  isClosing = true;
  await mesh.close();
};
void lifetime.ended.then(async () => {
  process.stdout.write('\nStopping the nodes.\n');
  await close();
  process.exit(130);
});
try {
  const demonstration = new Demonstration(mesh, values.quick ? PACES.quick : PACES.full);
  process.exitCode = (await demonstration.run()) ? 0 : 1;
} catch (error) {
  if (isClosing) await new Promise(() => undefined);
  process.stderr.write(`mesh:demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await close();
}
process.exit();
