import type { MeshCore } from '@peermesh/mesh-core';
import type { MetricsRegistry } from '@peermesh/telemetry';
import { type Figure, observeFigures } from './figure.ts';
import type { GroupClock } from './group-clock.ts';
import type { NodeSecurity } from './node-security.ts';

/** Metrics of who is let in, of certificates and of the keys of the mesh. */
export function observeSecurity(
  metrics: MetricsRegistry,
  parts: { readonly core: MeshCore; readonly security: NodeSecurity; readonly clock: GroupClock },
): void {
  const { core, security, clock } = parts;
  const state = () => core.session?.plane.state;
  const figures: readonly Figure<NodeSecurity>[] = [
    {
      name: 'mesh_credential_files_refused',
      help: 'Times that changed certificate files could not be used since the start.',
      of: ({ credentials }) => credentials.refusedCount,
    },
    {
      name: 'mesh_clock_offset_seconds',
      help: 'Clock of this node minus that of the control group, by the latest decision that told it; absent before one.',
      of: () => (clock.isCompared ? clock.offsetMs / 1_000 : null),
    },
    {
      name: 'mesh_key_epoch',
      help: 'Key epoch of the mesh; 0 without keys.',
      of: () => state()?.keyEpoch ?? 0,
    },
    {
      name: 'mesh_key_epoch_held',
      help: 'Newest key epoch whose key this node has opened; 0 for none.',
      of: ({ ring }) => ring.newest?.epoch ?? 0,
    },
    {
      name: 'mesh_revoked',
      help: 'Nodes and certificates that the mesh has revoked.',
      of: () => {
        const { revokedIdentities, revokedCertificates } = state() ?? NOBODY;
        return revokedIdentities.size + revokedCertificates.size;
      },
    },
  ];
  observeFigures(metrics, { figures, labels: [], subjects: () => [[{}, security]] });
  metrics.gauge({
    name: 'mesh_certificate_expiry_timestamp_seconds',
    help: 'When the certificate of this node, or the first authority that it trusts, ends; infinite without TLS.',
    labels: ['certificate'],
    collect: (gauge) => {
      const { expiresAtMs, authorityExpiresAtMs } = security.credentials.current ?? ENDLESS;
      gauge.set({ certificate: 'node' }, expiresAtMs / 1000);
      gauge.set({ certificate: 'authority' }, authorityExpiresAtMs / 1000);
    },
  });
  metrics.gauge({
    name: 'mesh_admissions_refused',
    help: 'Newcomers that were turned away through this node, by reason, since it became a member.',
    labels: ['reason'],
    collect: (gauge) => {
      for (const [reason, count] of core.session?.admissionsRefused ?? []) gauge.set({ reason }, count);
    },
  });
}

const ENDLESS = { expiresAtMs: Number.POSITIVE_INFINITY, authorityExpiresAtMs: Number.POSITIVE_INFINITY };
const NOBODY = { revokedIdentities: { size: 0 }, revokedCertificates: { size: 0 } };
