export { type MeshProcess, MeshProcesses, MessageStream } from '@peermesh/infra/mesh-processes';
