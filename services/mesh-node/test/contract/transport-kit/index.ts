import { after, before } from 'node:test';
import { credentialCases } from './credential-cases.ts';
import { exchangeCases } from './exchange-cases.ts';
import { healthCases } from './health-cases.ts';
import { refusalCases } from './refusal-cases.ts';
import { TestMesh } from './test-mesh.ts';
import type { TransportAdapter } from './test-node.ts';

export type { RawPeer, TransportAdapter } from './test-node.ts';

/** What each transport must hold, on real sockets. */
export function transportKit(adapter: TransportAdapter): void {
  let mesh: TestMesh;
  before(async () => {
    mesh = await TestMesh.create();
  });
  after(() => mesh.remove());
  exchangeCases(adapter, () => mesh);
  refusalCases(adapter);
  healthCases(adapter);
  credentialCases(adapter, () => mesh);
}
