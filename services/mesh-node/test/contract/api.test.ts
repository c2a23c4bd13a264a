import { after, before } from 'node:test';
import { type ApiNode, startApiNode } from '../support/api-node.ts';
import { farewellCases } from './api-kit/farewell-cases.ts';
import { foreignClientCases } from './api-kit/foreign-client-cases.ts';
import { refusalCases } from './api-kit/refusal-cases.ts';
import { restCases } from './api-kit/rest-cases.ts';
import { rpcDataCases } from './api-kit/rpc-data-cases.ts';
import { rpcMeshCases } from './api-kit/rpc-mesh-cases.ts';

/** Both APIs of two nodes, in the order of a mesh's life: nothing, seeded, joined, used, taken apart. */
let nodes: readonly [ApiNode, ApiNode];

before(async () => {
  nodes = [await startApiNode('quay-1'), await startApiNode('quay-2')];
});

after(() => Promise.all(nodes.map((node) => node.stop())));

refusalCases(() => nodes[0]);
restCases(() => nodes);
rpcMeshCases(() => nodes);
rpcDataCases(() => nodes);
foreignClientCases(() => nodes[0]);
farewellCases(() => nodes);
