import { issueTestToken } from '@peermesh/testkit';
import { runCli } from '../../src/cli/run.ts';

/** What the tool wrote, and its exit code. */
export interface ToolOutcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line tool as an operator against the API at a URL, in this process; with a token of the testkit, or this one. */
export async function runTool(url: string, argv: readonly string[], token?: string): Promise<ToolOutcome> {
  let out = '';
  let err = '';
  const code = await runCli(argv, {
    env: { PEERMESH_MESH_URL: url, PEERMESH_TOKEN: token ?? (await issueTestToken({ role: 'admin' })) },
    write: (text) => (out += text),
    writeError: (text) => (err += text),
    isTerminal: false,
    signal: new AbortController().signal,
  });
  return { code, out, err };
}
