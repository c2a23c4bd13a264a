import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { temporaryFolder } from '@peermesh/testkit';
import { runCli } from '../../src/cli/run.ts';
import { createNodeKey, readNodeKey } from '../../src/identity/index.ts';
import { credentialFlaw, readCredentials } from '../../src/runtime/credentials.ts';

async function ca(...argv: string[]): Promise<number> {
  return runCli(['ca', ...argv], {
    env: {},
    write: () => undefined,
    writeError: () => undefined,
    isTerminal: false,
    signal: new AbortController().signal,
  });
}

describe('mesh ca', () => {
  it('gives a node what it needs to speak TLS, and takes it back', async (t) => {
    const folder = temporaryFolder('ca');
    t.after(() => folder.remove());
    const { nodeId } = createNodeKey();
    const [authority, home] = [`${folder.path}/ca`, `${folder.path}/home`];
    assert.equal(await ca('init', authority, 'harbour'), 0);
    assert.equal(readCredentials(folder.path), null);
    assert.equal(await ca('issue', authority, nodeId, home), 0);
    const credentials = readCredentials(home);
    assert.match(credentials?.certificatePem ?? '', /BEGIN CERTIFICATE/);
    assert.equal(credentials?.trustedPem.length, 1);
    assert.deepEqual(credentials?.revocations.nodeIds, []);
    assert.equal(await ca('rotate', authority), 0);
    assert.equal(await ca('revoke', authority, nodeId), 0);
    assert.equal(await ca('trust', authority, home), 0);
    assert.equal(readCredentials(home)?.trustedPem.length, 2);
    assert.deepEqual(readCredentials(home)?.revocations.nodeIds, [nodeId]);
    assert.equal(await ca('issue', authority, nodeId, home), 1);
  });

  it('prepares the home of a node, and leaves a good one as it is', async (t) => {
    const folder = temporaryFolder('ca');
    t.after(() => folder.remove());
    const [authority, home, other] = [`${folder.path}/ca`, `${folder.path}/home`, `${folder.path}/other`];
    for (const path of [home, other]) mkdirSync(path, { mode: 0o700 });
    assert.equal(await ca('prepare', authority, 'harbour', home), 0);
    const first = readCredentials(home)!;
    assert.equal(credentialFlaw(first, readNodeKey(`${home}/node-key.pem`).nodeId, Date.now()), null);
    assert.equal(await ca('prepare', authority, 'harbour', other), 0);
    assert.equal(await ca('prepare', authority, 'harbour', home), 0);
    assert.deepEqual(readCredentials(home), first);
    assert.deepEqual(readCredentials(other)!.trustedPem, first.trustedPem);
    assert.notEqual(readCredentials(other)!.nodeId, first.nodeId);
  });

  it('ends with 2 when it is called wrongly', async () => {
    assert.equal(await ca('init'), 2);
    assert.equal(await ca('init', '/nowhere'), 2);
  });
});
