import type { JoinPolicy } from './command.ts';
import type { Member } from './node-record.ts';

/** What a command changed, for those who watch. In the order of the log, each once per replica. */
export type ControlChange =
  | { readonly kind: 'mesh-created'; readonly meshId: string }
  | { readonly kind: 'member-admitted' | 'member-updated'; readonly member: Member }
  | {
      readonly kind: 'member-removed';
      readonly member: Member;
      readonly why: 'left' | 'evicted' | 'replaced' | 'revoked';
      readonly note: string;
    }
  | { readonly kind: 'policy-changed'; readonly policy: JoinPolicy }
  | { readonly kind: 'setting-changed'; readonly space: 'configuration' | 'parameter'; readonly key: string }
  | {
      readonly kind: 'admission-changed';
      readonly what: 'join-key-added' | 'join-key-removed' | 'listed' | 'unlisted' | 'readmitted';
      /** Id of the join key, or of the node. */
      readonly subject: string;
    }
  | { readonly kind: 'identity-revoked'; readonly nodeId: string; readonly note: string }
  | { readonly kind: 'certificate-revoked'; readonly certificate: string; readonly note: string }
  | { readonly kind: 'keys-due' | 'keys-installed'; readonly epoch: number }
  | { readonly kind: 'rule-overridden'; readonly actor: number; readonly operator: string; readonly override: string };
