import type { Transaction } from '@peermesh/database';
import type { NodeDescription } from '../../domain/graph/graph-hits.ts';
import type { Expand, Step } from '../../domain/graph/walk.ts';
import type { RecordAttributes, Viewer } from '../../ports.ts';

/** Edges of all wanted nodes, the best of each, as one text for each node: thousands of rows would cost more to take apart. */
const EXPAND = `SELECT origin.id AS "from", best.steps
   FROM unnest($3::text[]) AS wanted (id)
   JOIN search.search_graph_nodes origin ON origin.generation = $1 AND origin.tenant_id = $2 AND origin.id = wanted.id
    AND NOT origin.deleted AND origin.acl && $4::text[]
  CROSS JOIN LATERAL (
    SELECT string_agg(concat_ws(' ', step.to_id, step.type, step.weight, step.inverse::int, step.kind), E'\\n') AS steps
      FROM (
        SELECT edge.to_id, edge.type, edge.inverse, edge.weight, node.attributes ->> 'kind' AS kind
          FROM search.search_graph_edges edge
          JOIN search.search_graph_nodes node ON node.generation = $1 AND node.tenant_id = $2 AND node.id = edge.to_id
           AND NOT node.deleted AND node.acl && $4::text[]
         WHERE edge.generation = $1 AND edge.tenant_id = $2 AND edge.from_id = wanted.id AND edge.acl && $4::text[]
           AND ($6::text[] IS NULL OR edge.type = ANY($6::text[]))
         ORDER BY edge.weight DESC, edge.to_id LIMIT $5) step) best
  WHERE best.steps IS NOT NULL`;

const DESCRIBE = `SELECT node.id, node.name, node.attributes FROM unnest($3::text[]) AS wanted (id)
   JOIN search.search_graph_nodes node ON node.generation = $1 AND node.tenant_id = $2 AND node.id = wanted.id
    AND NOT node.deleted AND node.acl && $4::text[]`;

/** Reads the graph of one generation as one viewer may see it, in one transaction. */
export class GraphReader {
  readonly #tx: Transaction<unknown>;
  readonly #generation: number;
  readonly #viewer: Viewer;

  constructor(tx: Transaction<unknown>, generation: number, viewer: Viewer) {
    this.#tx = tx;
    this.#generation = generation;
    this.#viewer = viewer;
  }

  /** Follows edges of some types, or of all. */
  expand(types: readonly string[] | null): Expand {
    return async (ids, fanout) => {
      const { tenantId, principals } = this.#viewer;
      const { rows } = await this.#tx.client.query<{ from: string; steps: string }>({
        name: 'search-graph-expand',
        text: EXPAND,
        values: [this.#generation, tenantId, ids, principals, fanout, types],
      });
      return rows.flatMap(({ from, steps }) => steps.split('\n').map((step) => stepOf(from, step)));
    };
  }

  /** Names and attributes of nodes. */
  async describe(ids: readonly string[]): Promise<ReadonlyMap<string, NodeDescription>> {
    if (ids.length === 0) return new Map();
    const { rows } = await this.#tx.client.query<{ id: string; name: string; attributes: RecordAttributes }>({
      name: 'search-graph-describe',
      text: DESCRIBE,
      values: [this.#generation, this.#viewer.tenantId, ids, this.#viewer.principals],
    });
    return new Map(rows.map(({ id, name, attributes }) => [id, { name, attributes }]));
  }
}

/** Neither ids nor types hold spaces. */
function stepOf(from: string, packed: string): Step {
  const [to = '', type = '', weight, inverse, kind] = packed.split(' ');
  return { from, to, type, weight: Number(weight), inverse: inverse === '1', kind: kind === 'entity' ? kind : 'doc' };
}
