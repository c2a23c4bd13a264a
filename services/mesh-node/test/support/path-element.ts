import { createServer, type IncomingMessage } from 'node:http';
import { verifyNodeProof } from '@peermesh/authz';
import type { NodeRoutes } from '@peermesh/contracts/router';
import type { TestNode } from './nodes.ts';

/** What a node asked with. */
interface Question {
  readonly path: string;
  readonly known: string | undefined;
  readonly provenId: string | undefined;
}

/** How the element answers now: a body, text that may be anything, a status, or never. */
type Answering = (question: Question) => NodeRoutes | string | number | 'never';

/** A path computation element that says what the test tells it to. */
export interface PathElement {
  readonly url: string;
  readonly questions: Question[];
  answering: Answering;
  stop(): Promise<void>;
}

export async function startPathElement(): Promise<PathElement> {
  const questions: Question[] = [];
  const server = createServer(async (request, response) => {
    const { proof, known } = JSON.parse(await textOf(request)) as { proof: string; known?: string };
    const claims = await verifyNodeProof(proof, 'router', new Date());
    const question = { path: request.url ?? '', known, provenId: claims?.nodeId };
    questions.push(question);
    const answer = element.answering(question);
    if (answer === 'never') return;
    const status = typeof answer === 'number' ? answer : 200;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof answer === 'object' ? JSON.stringify(answer) : String(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const element: PathElement = {
    url: `http://127.0.0.1:${port}`,
    questions,
    answering: () => 'never',
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return element;
}

/** The right answer for a node that has one route, from what this node knows now. */
export function routesFor({ open }: TestNode, destination: number, segments: readonly number[]): NodeRoutes {
  const self = open.taker.self()!;
  const basis = open.core.overlay!.router!.versions();
  const now = new Date();
  return {
    meshId: self.meshId,
    revision: 1,
    source: self.shortId,
    nodeId: self.nodeId,
    tag: `${destination} over ${segments.join()} ${basis.map(([, { seq }]) => seq).join()}`,
    computedAt: now.toISOString(),
    validUntil: new Date(now.getTime() + 30_000).toISOString(),
    validForMs: 30_000,
    isUnchanged: false,
    basis: basis.map(([origin, { epoch, seq }]) => ({ origin, version: { epoch, sequence: seq } })),
    routes: [
      {
        destination,
        paths: [{ segments: [...segments], cost: 1, latencyUs: 1, spareKbps: 1, share: 256 }],
        disjoint: null,
      },
    ],
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
