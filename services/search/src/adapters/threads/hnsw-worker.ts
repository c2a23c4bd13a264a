import { parentPort } from 'node:worker_threads';
import { HnswGraph } from './hnsw-graph.ts';
import type { HnswReply, HnswRequest } from './hnsw-messages.ts';

/** A few: searches wait for them. */
const LINKS_PER_TURN = 8;
/** Progress is told each time that so many were linked, and at the end. */
const PROGRESS_EVERY = 512;

if (parentPort === null) throw new Error('hnsw-worker runs in a worker thread');
const port = parentPort;
const graphs = new Map<number, HnswGraph>();
let isLinking = false;

port.on('message', (request: HnswRequest) => {
  if (request.kind === 'search') answer(request);
  else if (request.kind === 'end') end();
  else change(request);
});

/** Between two turns, and so never within the addon, which a thread that is stopped from outside would take down with the process. */
function end(): void {
  graphs.clear();
  port.close();
}

function change(request: Exclude<HnswRequest, { kind: 'search' | 'end' }>): void {
  if (request.kind === 'open') graphs.set(request.graph, new HnswGraph(request.dims));
  if (request.kind === 'close') graphs.delete(request.graph);
  const graph = graphs.get(request.graph);
  if (graph === undefined) return;
  if (request.kind === 'chunk') graph.addChunk(request.rows);
  if (request.kind === 'remove') graph.remove(request.ordinal);
  if (request.kind !== 'grow') return;
  graph.grow(request.size);
  if (isLinking) return;
  isLinking = true;
  setImmediate(link);
}

function answer({ graph: number, call, vector, count, size }: Extract<HnswRequest, { kind: 'search' }>): void {
  try {
    const graph = graphs.get(number);
    if (graph === undefined) throw new Error(`there is no graph ${number}`);
    const { ordinals, similarities } = graph.search(vector, count, size);
    say({ kind: 'found', call, ordinals, similarities });
  } catch (error) {
    say({ kind: 'failed', call, message: error instanceof Error ? error.message : String(error) });
  }
}

/** One turn: searches that have come meanwhile are answered before the next one. */
function link(): void {
  isLinking = false;
  for (const [number, graph] of graphs) {
    if (graph.isComplete) continue;
    const before = graph.linked;
    graph.link(LINKS_PER_TURN);
    const { linked, isComplete } = graph;
    if (isComplete || Math.floor(linked / PROGRESS_EVERY) > Math.floor(before / PROGRESS_EVERY))
      say({ kind: 'linked', graph: number, linked });
    isLinking ||= !isComplete;
  }
  if (isLinking) setImmediate(link);
}

function say(reply: HnswReply): void {
  port.postMessage(reply);
}
