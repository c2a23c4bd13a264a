import type { MeshSetting } from '@peermesh/contracts/mesh';
import { isPeerMeshError } from '@peermesh/errors';
import { allPages } from '../all-pages.ts';
import { argument, type CommandContext, type MeshClient, type MeshCommand, UsageError } from '../command.ts';
import { table } from '../table.ts';

const NODE_ID = /^[A-Za-z0-9_-]{43}$/;

export const settingsCommand: MeshCommand = {
  usage: 'settings [get|set|remove configuration|parameter KEY [VALUE]]',
  summary: 'settings that every member sees: list, show, change, remove',
  run: async (context) => {
    const { client, args } = context;
    const [verb] = args;
    if (verb === undefined) {
      const settings = await allPages((query) => client.listSettings({ query }));
      const rows = settings.map((one) => [one.space, one.key, one.version, one.value]);
      return { json: settings, text: table(['SPACE', 'KEY', 'VERSION', 'VALUE'], rows) };
    }
    const params = { space: spaceOf(argument(context, 1, 'space')), key: argument(context, 2, 'key') };
    if (verb === 'get') {
      const { body } = await client.getSetting({ params });
      return { json: body, text: `${body.value}\n` };
    }
    const expectedVersion = await versionOf(client, params);
    if (verb === 'set') {
      const value = argument(context, 3, 'value');
      const { body } = await client.putSetting({ params, body: { value, expectedVersion } });
      return { json: body, text: `${body.key} is ${body.value} in version ${body.version}\n` };
    }
    if (verb !== 'remove') throw new UsageError(`there is no settings ${verb}`);
    await client.removeSetting({ params, query: { expectedVersion } });
    return { json: { ...params, removed: true }, text: `${params.key} is removed\n` };
  },
};

function spaceOf(text: string): MeshSetting['space'] {
  if (text === 'configuration' || text === 'parameter') return text;
  throw new UsageError('a space is configuration or parameter');
}

/** 0 for a setting that is not there. */
async function versionOf(client: MeshClient, params: Pick<MeshSetting, 'space' | 'key'>): Promise<number> {
  try {
    return (await client.getSetting({ params })).body.version;
  } catch (error) {
    if (isPeerMeshError(error) && error.code === 'PM_COMMON_NOT_FOUND') return 0;
    throw error;
  }
}

export const revokeCommand: MeshCommand = {
  usage: 'revoke [NODE --yes [--note TEXT] | --serial NUMBER --yes]',
  summary: 'refuse a node, or one certificate, for good; without arguments lists what is revoked',
  run: async (context) => {
    const { client, flags } = context;
    const { serial, note } = flags;
    if (serial === undefined && context.args[0] === undefined) {
      const revoked = await allPages((query) => client.listRevocations({ query }));
      const rows = revoked.map((one) => [one.kind, one.subject, one.note]);
      return { json: revoked, text: table(['WHAT', 'SUBJECT', 'NOTE'], rows) };
    }
    if (!flags.yes) throw new UsageError('a revocation is never taken back: confirm with --yes');
    const subject = serial === undefined ? { nodeId: await nodeIdOf(context) } : { serialNumber: serial };
    const { body } = await client.revoke({ body: { ...subject, ...(note === undefined ? {} : { note }) } });
    return { json: body, text: `${body.kind} ${body.subject} is refused from now on\n` };
  },
};

/** A node that is no member can be revoked too, by its id. */
async function nodeIdOf(context: CommandContext): Promise<string> {
  const node = argument(context, 0, 'node');
  if (NODE_ID.test(node)) return node;
  return (await context.client.getNode({ params: { node } })).body.nodeId;
}
