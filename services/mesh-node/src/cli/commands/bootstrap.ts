import type { JoinPolicy, Mesh } from '@peermesh/contracts/mesh';
import { argument, type MeshCommand, UsageError } from '../command.ts';
import { facts } from '../table.ts';

const POLICIES = ['open', 'key_required', 'closed'] as const;

/** What a mesh is, one fact a line. */
export function meshText(mesh: Mesh): string {
  return facts([
    ['mesh', mesh.meshId],
    ['health', mesh.health],
    ['join policy', mesh.joinPolicy],
    ['members', `${mesh.members}, ${mesh.unreachable} unreachable`],
    ['this node', mesh.self],
    ['leader', mesh.leader === null ? 'none' : `${mesh.leader} in term ${mesh.term}`],
    ['voters', mesh.voters.join(', ')],
    ['learners', mesh.learners.length === 0 ? 'none' : mesh.learners.join(', ')],
  ]);
}

function policyOf(text: string | undefined): JoinPolicy {
  const policy = POLICIES.find((known) => known === (text ?? 'key_required'));
  if (policy === undefined) throw new UsageError(`--policy is ${POLICIES.join(', ')}`);
  return policy;
}

export const seedCommand: MeshCommand = {
  usage: 'seed MESH [--policy open|key_required|closed]',
  summary: 'begin a mesh with this node; prints the join key, once',
  run: async (context) => {
    const body = { meshId: argument(context, 0, 'mesh'), joinPolicy: policyOf(context.flags.policy) };
    const { body: seeded } = await context.client.seed({ body });
    const key = seeded.joinKey === null ? '' : `\njoin key (shown only now): ${seeded.joinKey}\n`;
    return { json: seeded, text: `${meshText(seeded.mesh)}${key}` };
  },
};

export const joinCommand: MeshCommand = {
  usage: 'join MESH ADDRESS... [--key KEY]',
  summary: 'join a mesh through its nodes at these addresses',
  run: async (context) => {
    const meshId = argument(context, 0, 'mesh');
    argument(context, 1, 'address of a node');
    const { key } = context.flags;
    const { body } = await context.client.join({
      body: { meshId, addresses: context.args.slice(1), ...(key === undefined ? {} : { joinKey: key }) },
    });
    return { json: body, text: meshText(body) };
  },
};

export const leaveCommand: MeshCommand = {
  usage: 'leave --yes',
  summary: 'leave the mesh for good',
  run: async ({ client, flags }) => {
    if (!flags.yes) throw new UsageError('a node that left must be admitted again: confirm with --yes');
    await client.leave({});
    return { json: { left: true }, text: 'left\n' };
  },
};
