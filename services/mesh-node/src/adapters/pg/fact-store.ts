import { OPERATING_TENANT } from '@peermesh/contracts';
import {
  LinkStateChanged,
  MeshAdministered,
  MeshStatusChanged,
  NodeEvicted,
  NodeFailed,
  NodeJoined,
  NodeLeft,
  PeerHealthChanged,
  TopologyChanged,
} from '@peermesh/contracts/events';
import { codeOf, type Database, type Transaction } from '@peermesh/database';
import type { Outbox } from '@peermesh/messaging';
import type { Fact } from '../../facts/fact.ts';
import type { FactStore } from '../../facts/fact-writer.ts';

type Tx = Pick<Transaction<never>, 'client' | 'afterCommit'>;

/**
 * Writes facts into the schema `mesh` and their events into its outbox, in one transaction. Several nodes may report the
 * same fact to one database: the row decides who is first, and only the first one is told to others.
 */
export class PgFactStore implements FactStore {
  readonly #db: Database<unknown>;
  readonly #outbox: Outbox;
  readonly #wakeRelay: () => void;

  constructor(options: {
    readonly db: Database<unknown>;
    readonly outbox: Outbox;
    readonly wakeRelay: () => void;
  }) {
    this.#db = options.db;
    this.#outbox = options.outbox;
    this.#wakeRelay = options.wakeRelay;
  }

  async write(facts: readonly Fact[]): Promise<void> {
    await this.#db.system(async (tx) => {
      for (const fact of facts) await this.#writeOne(tx as unknown as Tx, fact);
    });
    this.#wakeRelay();
  }

  isFlaw(error: unknown): boolean {
    return error instanceof TypeError || error instanceof RangeError || /^2[23]/.test(codeOf(error) ?? '');
  }

  async #writeOne(tx: Tx, fact: Fact): Promise<void> {
    switch (fact.kind) {
      case 'mesh':
        return storeMesh(tx, fact);
      case 'member':
        return this.#member(tx, fact);
      case 'liveness':
        return this.#liveness(tx, fact);
      case 'peer_health':
        return this.#peerHealth(tx, fact);
      case 'decision':
        return this.#decision(tx, fact);
      case 'health':
        return this.#health(tx, fact);
      case 'link_state':
        return this.#linkState(tx, fact);
      case 'topology':
        return this.#topology(tx, fact);
      case 'messages':
        return storeMessages(tx, fact);
    }
  }

  async #member(tx: Tx, { change, member, addresses, version, override }: Fact & { kind: 'member' }): Promise<void> {
    const { meshId, shortId, nodeId, name, region } = member;
    const state = change === 'joined' ? 'member' : change;
    const { rowCount } = await tx.client.query(
      `INSERT INTO mesh.mesh_nodes AS old (mesh_id, short_id, node_id, name, region, addresses, state, version)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (mesh_id, short_id) DO UPDATE SET node_id = excluded.node_id, name = excluded.name,
         region = excluded.region, addresses = excluded.addresses, state = excluded.state, version = excluded.version,
         is_alive = true, updated_at = clock_timestamp()
       WHERE old.state <> excluded.state AND old.version <= excluded.version`,
      [meshId, shortId, nodeId, name, region, addresses, state, version],
    );
    if (rowCount === 0) return;
    const where = { tenantId: OPERATING_TENANT, partitionKey: meshId, subject: nodeId };
    if (change === 'joined') await this.#outbox.append(tx, NodeJoined, [{ ...where, data: member }]);
    else if (change === 'left') await this.#outbox.append(tx, NodeLeft, [{ ...where, data: member }]);
    else await this.#outbox.append(tx, NodeEvicted, [{ ...where, data: { ...member, override } }]);
  }

  async #liveness(tx: Tx, { data }: Fact & { kind: 'liveness' }): Promise<void> {
    const { rowCount } = await tx.client.query(
      `UPDATE mesh.mesh_nodes SET is_alive = $3, updated_at = clock_timestamp()
        WHERE mesh_id = $1 AND short_id = $2 AND is_alive <> $3 AND state = 'member'`,
      [data.meshId, data.shortId, data.recovered],
    );
    if (rowCount === 0) return;
    await this.#outbox.append(tx, NodeFailed, [
      { tenantId: OPERATING_TENANT, partitionKey: data.meshId, subject: data.nodeId, data },
    ]);
  }

  /** Each node says what it sees itself: there is nobody else to be first. */
  async #peerHealth(tx: Tx, { data }: Fact & { kind: 'peer_health' }): Promise<void> {
    const partitionKey = `${data.meshId}/${data.observedBy}`;
    await this.#outbox.append(tx, PeerHealthChanged, [
      { tenantId: OPERATING_TENANT, partitionKey, subject: data.nodeId, data },
    ]);
  }

  async #decision(tx: Tx, { data, incarnation }: Fact & { kind: 'decision' }): Promise<void> {
    const { meshId, decision, about, operator, node, index } = data;
    const { rowCount } = await tx.client.query(
      `INSERT INTO mesh.mesh_decisions (mesh_id, incarnation, log_index, decision, about, operator, node)
       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
      [meshId, incarnation, index, decision, about, operator, node],
    );
    if (rowCount === 0) return;
    await this.#outbox.append(tx, MeshAdministered, [
      { tenantId: OPERATING_TENANT, partitionKey: meshId, subject: about, data },
    ]);
  }

  async #health(tx: Tx, { data }: Fact & { kind: 'health' }): Promise<void> {
    const { rowCount } = await tx.client.query(
      `UPDATE mesh.mesh_configurations SET health = $2, unreachable = $3, observed_by = $4, updated_at = clock_timestamp()
        WHERE mesh_id = $1 AND health <> $2`,
      [data.meshId, data.after, data.unreachable, data.observedBy],
    );
    if (rowCount === 0) return;
    await this.#outbox.append(tx, MeshStatusChanged, [
      { tenantId: OPERATING_TENANT, partitionKey: data.meshId, subject: data.meshId, data },
    ]);
  }

  async #linkState(tx: Tx, { data }: Fact & { kind: 'link_state' }): Promise<void> {
    const { rowCount } = await tx.client.query(
      `INSERT INTO mesh.mesh_link_states AS old (mesh_id, origin, epoch, sequence, withdrawn, body)
       VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (mesh_id, origin) DO UPDATE SET epoch = excluded.epoch, sequence = excluded.sequence,
         withdrawn = excluded.withdrawn, body = excluded.body, updated_at = clock_timestamp()
       WHERE (old.epoch, old.sequence) < (excluded.epoch, excluded.sequence)`,
      [
        data.meshId,
        data.origin,
        data.version.epoch,
        data.version.sequence,
        data.withdrawn,
        JSON.stringify({ flags: data.flags, links: data.links }),
      ],
    );
    if (rowCount === 0) return;
    const partitionKey = `${data.meshId}/${data.origin}`;
    await this.#outbox.append(tx, LinkStateChanged, [
      { tenantId: OPERATING_TENANT, partitionKey, subject: partitionKey, data },
    ]);
  }

  async #topology(tx: Tx, { data, topology, at }: Fact & { kind: 'topology' }): Promise<void> {
    await tx.client.query(
      `INSERT INTO mesh.mesh_topology_history (recorded_at, mesh_id, observed_by, revision, nodes, links, topology)
       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
      [at, data.meshId, data.observedBy, data.revision, data.nodes, data.links, JSON.stringify(topology)],
    );
    await this.#outbox.append(tx, TopologyChanged, [
      { tenantId: OPERATING_TENANT, partitionKey: data.meshId, subject: data.meshId, data },
    ]);
  }
}

async function storeMesh(tx: Tx, { mesh }: Fact & { kind: 'mesh' }): Promise<void> {
  await tx.client.query(
    `INSERT INTO mesh.mesh_configurations AS old
       (mesh_id, join_policy, health, leader, term, members, unreachable, version, observed_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     ON CONFLICT (mesh_id) DO UPDATE SET join_policy = excluded.join_policy, leader = excluded.leader, term = excluded.term,
       members = excluded.members, unreachable = excluded.unreachable, version = excluded.version,
       observed_by = excluded.observed_by, updated_at = clock_timestamp()
     WHERE (old.version, old.term) <= (excluded.version, excluded.term)`,
    [
      mesh.meshId,
      mesh.joinPolicy,
      mesh.health,
      mesh.leader,
      mesh.term,
      mesh.members,
      mesh.unreachable,
      mesh.configurationVersion,
      mesh.self,
    ],
  );
}

async function storeMessages(tx: Tx, fact: Fact & { kind: 'messages' }): Promise<void> {
  await tx.client.query(
    `INSERT INTO mesh.mesh_messages
       (recorded_at, tenant_id, mesh_id, node, topic, origin, first_offset, messages, bytes)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
    [
      fact.at,
      fact.tenantId,
      fact.meshId,
      fact.node,
      fact.topic,
      fact.origin,
      fact.firstOffset,
      fact.messages,
      fact.bytes,
    ],
  );
}
