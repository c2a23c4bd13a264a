import type { JoinKeyInfo } from '@peermesh/contracts/mesh';
import { allPages } from '../all-pages.ts';
import { argument, type CommandContext, type MeshCommand, type Outcome, UsageError } from '../command.ts';
import { facts, table } from '../table.ts';

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** `90m`, `7d`, or plain seconds. */
function secondsOf(text: string): number {
  const [, digits, unit = 's'] = /^([1-9][0-9]{0,8})([smhd]?)$/.exec(text) ?? [];
  if (digits === undefined) throw new UsageError('--expires takes a time such as 90m, 12h or 7d');
  return Number(digits) * SECONDS[(unit === '' ? 's' : unit) as keyof typeof SECONDS];
}

function countOf(text: string): number {
  if (!/^[1-9][0-9]{0,5}$/.test(text)) throw new UsageError('--uses takes a whole number');
  return Number(text);
}

export const keysCommand: MeshCommand = {
  usage: 'keys [create [ID] [--expires 7d] [--uses N] | revoke ID]',
  summary: 'join keys: list them, make one and print it, once, or take one back',
  run: async (context) => {
    const [verb = 'list'] = context.args;
    if (verb === 'create') return createKey(context);
    if (verb === 'revoke') {
      const key = argument(context, 1, 'key');
      await context.client.revokeJoinKey({ params: { key } });
      return { json: { key, revoked: true }, text: `${key} lets nobody in any more\n` };
    }
    if (verb !== 'list') throw new UsageError(`there is no keys ${verb}`);
    const keys = await allPages((query) => context.client.listJoinKeys({ query }));
    return { json: keys, text: table(['KEY', 'STATE', 'USES', 'LEFT', 'EXPIRES'], keys.map(keyRow)) };
  },
};

async function createKey({ client, args, flags }: CommandContext): Promise<Outcome> {
  const [, id] = args;
  const { body } = await client.createJoinKey({
    body: {
      ...(id === undefined ? {} : { id }),
      ...(flags.expires === undefined ? {} : { expiresInSeconds: secondsOf(flags.expires) }),
      ...(flags.uses === undefined ? {} : { usesMax: countOf(flags.uses) }),
    },
  });
  return { json: body, text: `${body.key.id}\n\njoin key (shown only now): ${body.secret}\n` };
}

function keyRow({ id, state, uses, usesLeft, expiresAt }: JoinKeyInfo) {
  return [id, state, uses, usesLeft ?? 'any', expiresAt ?? 'never'];
}

export const policyCommand: MeshCommand = {
  usage: 'policy [open|key_required|closed]',
  summary: 'who may join: show it, or change it',
  run: async ({ client, args }) => {
    const { body } = await client.getJoinPolicy({});
    const [wanted] = args;
    if (wanted === undefined) return { json: body, text: `${body.joinPolicy}\n` };
    const joinPolicy = (['open', 'key_required', 'closed'] as const).find((known) => known === wanted);
    if (joinPolicy === undefined) throw new UsageError('a policy is open, key_required or closed');
    const changed = await client.setJoinPolicy({ body: { joinPolicy, expectedVersion: body.version } });
    return { json: changed.body, text: `${changed.body.joinPolicy}\n` };
  },
};

export const admitCommand: MeshCommand = {
  usage: 'admit [NODE_ID [--note TEXT] [--undo]]',
  summary: 'who may join a closed mesh: list them, put a node on the list, or take it off',
  run: async ({ client, args, flags }) => {
    const [nodeId] = args;
    if (nodeId === undefined) {
      const listed = await allPages((query) => client.listAdmissions({ query }));
      return {
        json: listed,
        text: table(
          ['NODE', 'NOTE'],
          listed.map((one) => [one.nodeId, one.note]),
        ),
      };
    }
    const params = { nodeId };
    if (flags.undo) await client.unlistNode({ params });
    else await client.admitNode({ params, body: flags.note === undefined ? {} : { note: flags.note } });
    return {
      json: { nodeId, admitted: !flags.undo },
      text: `${nodeId} ${flags.undo ? 'is off the list' : 'may join'}\n`,
    };
  },
};

export const readmitCommand: MeshCommand = {
  usage: 'readmit [NODE_ID]',
  summary: 'who was evicted, or let one of them join again',
  run: async ({ client, args }) => {
    const [nodeId] = args;
    if (nodeId === undefined) {
      const evicted = await allPages((query) => client.listEvictions({ query }));
      const rows = evicted.map((one) => [one.nodeId, one.evictedAt, one.evictedBy, one.note]);
      return { json: evicted, text: table(['NODE', 'EVICTED', 'BY', 'NOTE'], rows) };
    }
    await client.readmitNode({ params: { nodeId } });
    return { json: { nodeId, readmitted: true }, text: `${nodeId} may join again, like any newcomer\n` };
  },
};

export const epochCommand: MeshCommand = {
  usage: 'epoch [rotate]',
  summary: 'the key epoch of the mesh and who holds its key, or begin another one',
  run: async ({ client, args }) => {
    const [verb] = args;
    if (verb !== undefined && verb !== 'rotate') throw new UsageError(`there is no epoch ${verb}`);
    const { body } = verb === undefined ? await client.getKeyEpoch({}) : await client.rotateKeyEpoch({});
    const text = facts([
      ['epoch', body.epoch],
      ['since', body.installedAt ?? '-'],
      ['another is due', body.isDue ? 'yes' : 'no'],
      ['sealed for', body.holders.join(', ')],
      ['held here', body.heldEpoch ?? 'none'],
    ]);
    return { json: body, text };
  },
};
