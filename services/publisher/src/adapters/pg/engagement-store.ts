import { Conditions, type SqlTransaction } from './sql.ts';

/** What is counted, and by what. */
export interface EngagementQuery {
  readonly groupBy: 'day' | 'subscription' | 'topic';
  readonly from: Date;
  readonly to: Date;
  readonly userId?: string | undefined;
  readonly subscriptionId?: string | undefined;
  readonly topic?: string | undefined;
}

/** Counts of one group. */
export interface EngagementGroup {
  readonly key: string;
  readonly delivered: number;
  readonly failed: number;
  readonly open: number;
  readonly click: number;
  readonly ack: number;
  readonly dismiss: number;
}

const KEYS = {
  day: `to_char(d.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')`,
  subscription: 'd.subscription_id',
  topic: 'topic',
};

/** Counts deliveries that ended in a span of time, and what was done with them. */
export async function aggregateEngagement(tx: SqlTransaction, query: EngagementQuery): Promise<EngagementGroup[]> {
  const where = new Conditions()
    .add('d.updated_at >= ?', query.from)
    .add('d.updated_at < ?', query.to)
    .add('d.user_id = ?', query.userId)
    .add('d.subscription_id = ?', query.subscriptionId)
    .add('n.topics @> ARRAY[?]', query.topic);
  const count = (kind: string): string => `count(*) FILTER (WHERE e.kinds @> ARRAY['${kind}'])::int AS ${kind}`;
  const { rows } = await tx.client.query<EngagementGroup>(
    `SELECT ${KEYS[query.groupBy]} AS key,
            count(*) FILTER (WHERE d.state = 'delivered')::int AS delivered,
            count(*) FILTER (WHERE d.state = 'failed')::int AS failed,
            ${['open', 'click', 'ack', 'dismiss'].map(count).join(', ')}
       FROM publisher_deliveries d
       JOIN publisher_notifications n ON n.id = d.notification_id
       ${query.groupBy === 'topic' ? 'CROSS JOIN LATERAL unnest(n.topics) AS topic' : ''}
       LEFT JOIN LATERAL (SELECT array_agg(kind) AS kinds FROM publisher_engagements e WHERE e.delivery_id = d.id) e ON true
      WHERE d.kind = 'document' AND d.state IN ('delivered', 'failed') AND ${where.sql}
      GROUP BY 1 ORDER BY ${query.groupBy === 'day' ? '1' : 'delivered DESC, 1'} LIMIT 1000`,
    where.values,
  );
  return rows;
}
