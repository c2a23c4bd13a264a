/** A delivery that this process holds the lease of. */
export interface ClaimedDelivery {
  readonly id: string;
  readonly tenantId: string;
  /** Rises with each claim; only the holder of the current one may write what became of it. */
  readonly epoch: number;
  readonly kind: 'document' | 'notice' | 'status' | 'verification';
  readonly channel: 'webhook' | 'realtime' | 'email' | 'callback';
  readonly notificationId: string;
  readonly subscriptionId: string | null;
  readonly userId: string;
  readonly userRoles: readonly string[];
  readonly documentId: string | null;
  /** Attempts so far, this one included. */
  readonly attempts: number;
  /** The same since it was last put on the queue by hand. */
  readonly roundAttempts: number;
  readonly topics: readonly string[];
  readonly acl: readonly string[];
  readonly payload: NotificationPayload;
  readonly isDigest: boolean;
  /** Payloads of a digest, oldest first; empty for anything else. */
  readonly digest: readonly { readonly deliveryId: string; readonly payload: NotificationPayload }[];
  readonly subscriptionState: 'active' | 'paused' | 'deleted' | null;
  readonly createdAt: Date;
  readonly endpoint: {
    readonly id: string;
    readonly url: string | null;
    readonly email: string | null;
    readonly secretSealed: string | null;
    readonly previousSecretSealed: string | null;
    readonly callbackEndpointId: string | null;
  };
}

/** What a recipient gets: the three members that Standard Webhooks recommends. */
export interface NotificationPayload {
  readonly type: 'document.matched' | 'endpoint.notice' | 'delivery.status' | 'endpoint.verification';
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Why a delivery failed for good, as `publishing.failed` says it. */
export type FailureReason = 'exhausted' | 'gone' | 'rejected' | 'expired' | 'endpoint_disabled';
