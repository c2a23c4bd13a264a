import type { Database } from '@peermesh/database';
import { MENTIONS } from '../../domain/graph/edges.ts';
import type { NodeDescription } from '../../domain/graph/graph-hits.ts';
import type { GraphView } from '../../domain/graph/graph-view.ts';
import type { Expand, Step } from '../../domain/graph/walk.ts';
import type { LegContext, RecordAttributes } from '../../ports.ts';
import { AS_TENANT, readInOneTrip, type TenantRead } from './one-trip.ts';

/** A node that the viewer may read, as `node`. */
const nodeOf = (id: string): string => `CROSS JOIN LATERAL (
    SELECT name, attributes FROM search.search_graph_nodes node
     WHERE node.generation = $2 AND node.tenant_id = viewer.tenant AND node.id = ${id} AND NOT node.deleted
       AND node.acl && $4::text[] OFFSET 0) node`;

const OF_TYPE = (type: string): string => `($6::text[] IS NULL OR ${type} = ANY($6::text[]))`;
const BEST = 'ORDER BY weight DESC, to_id LIMIT $5';

/** The best mentions of a node in one direction. Who may read an edge of a document is who may read the document. */
const mentions = (near: string, far: string, isInverse: boolean): string => `(
  SELECT edge.${far} AS to_id, '${MENTIONS}' AS type, ${isInverse} AS inverse, edge.weight FROM search.search_graph_mentions edge
    ${nodeOf(`edge.${far}`)}
   WHERE edge.generation = $2 AND edge.tenant_id = viewer.tenant AND edge.${near} = wanted.id AND ${OF_TYPE(`'${MENTIONS}'`)}
   ${BEST})`;

/** The best relationships of a node in one direction. */
const relationships = (near: string, far: string, isInverse: boolean): string => `(
  SELECT edge.${far} AS to_id, edge.type, ${isInverse} AS inverse, edge.weight FROM search.search_graph_relationships edge
    ${nodeOf(`edge.${far}`)}
   WHERE edge.generation = $2 AND edge.tenant_id = viewer.tenant AND edge.${near} = wanted.id AND NOT edge.deleted
     AND edge.acl && $4::text[] AND ${OF_TYPE('edge.type')}
   ${BEST})`;

const EDGES = [
  mentions('document_id', 'entity_id', false),
  mentions('entity_id', 'document_id', true),
  relationships('from_id', 'to_id', false),
  relationships('to_id', 'from_id', true),
].join(' UNION ALL ');

/**
 * Edges of all wanted nodes, the best of each, as one text for each node: thousands of rows would cost more to take apart.
 * The edges come in order from their indexes, and no more far ends are looked at than are wanted.
 */
const expansion = (wanted: string): string => `${AS_TENANT}
  SELECT wanted.id AS "from", best.steps FROM viewer CROSS JOIN unnest($3::text[]) AS wanted (id) ${wanted}
   CROSS JOIN LATERAL (
     SELECT string_agg(concat_ws(' ', step.to_id, step.type, step.weight, step.inverse::int), E'\n') AS steps
       FROM (SELECT edge.to_id, edge.type, edge.inverse, edge.weight FROM (${EDGES}) edge ${BEST}) step) best
   WHERE best.steps IS NOT NULL`;

/** Where a walk begins must be something that the viewer may read; what a walk reached has been looked at. */
const FIRST: TenantRead = { name: 'search-graph-begin', text: expansion(nodeOf('wanted.id')) };
const NEXT: TenantRead = { name: 'search-graph-expand', text: expansion('') };

const DESCRIBE: TenantRead = {
  name: 'search-graph-describe',
  text: `${AS_TENANT}
    SELECT wanted.id, node.name, node.attributes FROM viewer CROSS JOIN unnest($3::text[]) AS wanted (id) ${nodeOf('wanted.id')}`,
};

/** Reads the graph of one generation from the tables as one viewer may see it. The walk ends between two reads when nobody waits any more. */
export class GraphReader implements GraphView {
  readonly #db: Database<unknown>;
  readonly #generation: number;
  readonly #context: LegContext;

  constructor(db: Database<unknown>, generation: number, context: LegContext) {
    this.#db = db;
    this.#generation = generation;
    this.#context = context;
  }

  /** Follows edges of some types, or of all; for one walk. */
  expand(types: readonly string[] | null): Expand {
    let statement = FIRST;
    return async (ids, fanout) => {
      const rows = await this.#read<{ from: string; steps: string }>(statement, ids, fanout, types);
      statement = NEXT;
      return rows.flatMap(({ from, steps }) => steps.split('\n').map((step) => stepOf(from, step)));
    };
  }

  /** Names and attributes of nodes. */
  async describe(ids: readonly string[]): Promise<ReadonlyMap<string, NodeDescription>> {
    if (ids.length === 0) return new Map();
    const rows = await this.#read<{ id: string; name: string; attributes: RecordAttributes }>(DESCRIBE, ids);
    return new Map(rows.map(({ id, name, attributes }) => [id, { name, attributes }]));
  }

  #read<Row extends object>(
    statement: TenantRead,
    ids: readonly string[],
    ...values: readonly unknown[]
  ): Promise<Row[]> {
    const { viewer, signal } = this.#context;
    signal.throwIfAborted();
    const { tenantId, principals } = viewer;
    return readInOneTrip<Row>(this.#db, statement, tenantId, this.#generation, ids, principals, ...values);
  }
}

/** Neither ids nor types hold spaces. What a node is stands in its id. */
function stepOf(from: string, packed: string): Step {
  const [to = '', type = '', weight, inverse] = packed.split(' ');
  return {
    from,
    to,
    type,
    weight: Number(weight),
    inverse: inverse === '1',
    kind: to.startsWith('ent_') ? 'entity' : 'doc',
  };
}
