import type { TopicMessage } from '@peermesh/contracts/mesh';
import { argument, type MeshCommand, UsageError } from '../command.ts';

function line(message: TopicMessage): string {
  return `${message.offset}\t${message.origin}\t${Buffer.from(message.payload, 'base64').toString('utf8')}\n`;
}

export const publishCommand: MeshCommand = {
  usage: 'publish TOPIC TEXT...',
  summary: 'publish each text as a reliable message',
  run: async (context) => {
    const topic = argument(context, 0, 'topic');
    argument(context, 1, 'text');
    const messages = context.args.slice(1).map((text) => ({ payload: Buffer.from(text).toString('base64') }));
    const { body } = await context.client.publish({ params: { topic }, body: { messages } });
    return { json: body, text: `${body.accepted} taken, from offset ${body.firstOffset ?? '-'} on\n` };
  },
};

export const readCommand: MeshCommand = {
  usage: 'read TOPIC [--from OFFSET] [--limit N]',
  summary: 'messages in the log of the node: offset, origin, text',
  run: async (context) => {
    const topic = argument(context, 0, 'topic');
    const offset = whole('--from', context.flags.from) ?? 0;
    const limit = whole('--limit', context.flags.limit) ?? 100;
    const { body } = await context.client.read({ params: { topic }, query: { offset, limit } });
    return { json: body, text: body.messages.map(line).join('') };
  },
};

export const followCommand: MeshCommand = {
  usage: 'follow TOPIC [--from earliest|latest|OFFSET]',
  summary: 'messages of a topic as they come',
  run: async (context) => {
    const topic = argument(context, 0, 'topic');
    const from = context.flags.from ?? 'latest';
    const path = `/api/v1/mesh/topics/${encodeURIComponent(topic)}/stream?from=${encodeURIComponent(from)}`;
    for await (const { type, data } of context.stream(path)) {
      if (type === 'message')
        context.print(context.flags.json ? `${JSON.stringify(data)}\n` : line(data as TopicMessage));
    }
    return { json: null, text: '' };
  },
};

export const watchCommand: MeshCommand = {
  usage: 'watch',
  summary: 'what changes in the mesh, as it changes',
  run: async ({ stream, print }) => {
    for await (const { type, data } of stream('/api/v1/mesh/events')) print(`${type}\t${JSON.stringify(data)}\n`);
    return { json: null, text: '' };
  },
};

function whole(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[0-9]{1,15}$/.test(text)) throw new UsageError(`${flag} takes a whole number`);
  return Number(text);
}
