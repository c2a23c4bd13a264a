import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CertificateAuthority, loadOrCreateNodeKey, replaceFile } from '../../identity/index.ts';
import {
  AUTHORITY_FILE,
  CERTIFICATE_FILE,
  credentialFlaw,
  NODE_KEY_FILE,
  REVOCATIONS_FILE,
  readCredentials,
} from '../../runtime/credentials.ts';
import { type LocalCommand, type Outcome, UsageError } from '../command.ts';

const USAGE =
  'ca init FOLDER MESH | prepare FOLDER MESH MESH_HOME | issue FOLDER NODE_ID OUT | renew FOLDER OUT | rotate FOLDER | forget FOLDER | revoke FOLDER NODE_ID | trust FOLDER OUT';

/** With less than 30 days to go a certificate is made anew. */
const RENEW_BEFORE_MS = 30 * 86_400_000;

/** The authority of a mesh, on the machine of the operator; asks no node. */
export const caCommand: LocalCommand = {
  usage: USAGE,
  summary: 'certificates of a mesh: make the authority, give nodes certificates, exchange its key, revoke a node',
  runLocally: async (args, nowMs) => {
    const [verb, folder, ...rest] = args;
    if (verb === undefined || folder === undefined) throw new UsageError(`usage: ${USAGE}`);
    if (verb === 'init') return init(folder, needed(rest[0], 'mesh'), nowMs);
    if (verb === 'prepare') return prepare(folder, needed(rest[0], 'mesh'), needed(rest[1], 'home of the node'), nowMs);
    const authority = CertificateAuthority.open(folder);
    switch (verb) {
      case 'issue':
        return issue(authority, needed(rest[0], 'id of the node'), needed(rest[1], 'folder for the files'), nowMs);
      case 'trust':
        return trust(authority, needed(rest[0], 'folder for the files'));
      case 'renew':
        return renew(authority, needed(rest[0], 'folder with the certificate'), nowMs);
      case 'rotate':
        await authority.rotate({ nowMs });
        return said(
          { rotated: true },
          'a new key signs from now on; give every node what `trust` writes, then `renew` each, then `forget`\n',
        );
      case 'forget':
        authority.forgetOldKeys();
        return said({ forgotten: true }, 'only the newest key is trusted; give every node what `trust` writes\n');
      case 'revoke': {
        const nodeId = needed(rest[0], 'id of the node');
        authority.revokeNode(nodeId);
        return said({ nodeId, revoked: true }, 'no certificate for it any more; now tell the mesh with mesh revoke\n');
      }
      default:
        throw new UsageError(`there is no ca ${verb}`);
    }
  },
};

async function init(folder: string, meshId: string, nowMs: number): Promise<Outcome> {
  await CertificateAuthority.create(folder, { meshId, nowMs });
  return said({ folder, meshId }, `the authority of ${meshId} is in ${folder}: keep it, and keep it from others\n`);
}

/** Safe to do again: makes the authority once, the key of the node once, and its certificate when it comes to its end. */
async function prepare(folder: string, meshId: string, home: string, nowMs: number): Promise<Outcome> {
  const authority = await CertificateAuthority.create(folder, { meshId, nowMs }).catch(() =>
    CertificateAuthority.open(folder),
  );
  const { nodeId } = loadOrCreateNodeKey(join(home, NODE_KEY_FILE));
  const known = readCredentials(home);
  const isGood = known !== null && credentialFlaw(known, nodeId, nowMs + RENEW_BEFORE_MS) === null;
  if (isGood) writeTrust(authority, home);
  else await issue(authority, nodeId, home, nowMs);
  return said({ nodeId, home, isNew: !isGood }, `${home} is ready for TLS as node ${nodeId}\n`);
}

async function issue(authority: CertificateAuthority, nodeId: string, out: string, nowMs: number): Promise<Outcome> {
  const certificate = await authority.issue(nodeId, { nowMs });
  writeTrust(authority, out);
  replaceFile(join(out, CERTIFICATE_FILE), certificate);
  return said(
    { nodeId, out },
    `${CERTIFICATE_FILE} and ${AUTHORITY_FILE} are in ${out}: put them into the node's MESH_HOME\n`,
  );
}

async function renew(authority: CertificateAuthority, out: string, nowMs: number): Promise<Outcome> {
  const path = join(out, CERTIFICATE_FILE);
  const certificate = await authority.renew(readFileSync(path, 'utf8'), { nowMs });
  writeTrust(authority, out);
  replaceFile(path, certificate);
  return said({ out }, `${CERTIFICATE_FILE} in ${out} is renewed; a node that runs takes it over within seconds\n`);
}

function trust(authority: CertificateAuthority, out: string): Outcome {
  writeTrust(authority, out);
  return said(
    { out },
    `${AUTHORITY_FILE} and ${REVOCATIONS_FILE} are in ${out}: put them into the MESH_HOME of every node\n`,
  );
}

function writeTrust(authority: CertificateAuthority, out: string): void {
  mkdirSync(out, { recursive: true, mode: 0o700 });
  replaceFile(join(out, AUTHORITY_FILE), authority.trustedPem.join('\n'));
  replaceFile(join(out, REVOCATIONS_FILE), JSON.stringify(authority.revocations));
}

function said(json: unknown, text: string): Outcome {
  return { json, text };
}

function needed(value: string | undefined, name: string): string {
  if (value === undefined) throw new UsageError(`name the ${name}`);
  return value;
}
