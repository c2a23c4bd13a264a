export type { LinkSwitch } from './link-switch.ts';
export type { MeshProcess } from './mesh-process.ts';
export { MeshProcesses } from './mesh-processes.ts';
export { MessageStream, type StreamTotals, type StreamWindow } from './message-stream.ts';
