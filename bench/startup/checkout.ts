import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { temporaryFolder } from '@peermesh/testkit';

const REPOSITORY = join(import.meta.dirname, '../..');

/** A fresh clone of this repository's last commit, with no package, cache or state from anywhere else. */
export interface Checkout {
  readonly commit: string;
  /** The state folder of the fleet. */
  readonly home: string;
  /** Runs an npm script to its end; returns the seconds that it took. Rejects when it fails. */
  run(script: string, ...args: string[]): Promise<number>;
  remove(): void;
}

/** Clones into a temporary folder. Package managers keep their stores and caches in it too. */
export function freshCheckout(portOffset: number): Checkout {
  const folder = temporaryFolder('startup');
  const root = join(folder.path, 'peermesh');
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', '--depth', '1', `file://${REPOSITORY}`, root]);
  const commit = execFileSync('git', ['-C', root, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const home = join(folder.path, 'home');
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|pnpm_|PEERMESH_|NODE_|XDG_)/i.test(name));
  const env = {
    ...Object.fromEntries(kept),
    PEERMESH_HOME: home,
    PEERMESH_PORT_OFFSET: String(portOffset),
    XDG_DATA_HOME: join(folder.path, 'data'),
    XDG_CACHE_HOME: join(folder.path, 'cache'),
    XDG_STATE_HOME: join(folder.path, 'state'),
    npm_config_cache: join(folder.path, 'npm-cache'),
  };
  return {
    commit,
    home,
    run: async (script, ...args) => {
      const startedAt = performance.now();
      const child = spawn('npm', ['run', '--silent', script, '--', ...args], { cwd: root, env, stdio: 'ignore' });
      const [code] = (await once(child, 'exit')) as [number | null];
      if (code !== 0) throw new Error(`npm run ${script} ${args.join(' ')} ended with ${code}`);
      return (performance.now() - startedAt) / 1_000;
    },
    remove: () => folder.remove(),
  };
}
