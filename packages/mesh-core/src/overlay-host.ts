import type { ConnectionInfo, Overlay, OverlayEvent, OverlayInheritance, OverlayReady } from '@peermesh/overlay';
import type { MeshCoreOptions } from './mesh-core-options.ts';
import type { MeshClose } from './mesh-ready.ts';
import { overlayOf } from './node-parts.ts';

/** The overlay while there is one, and the connections that it was told of: all of them end with it. */
export class OverlayHost {
  /** Node ids at the other ends of links that are up. */
  readonly links = new Set<string>();
  readonly #options: MeshCoreOptions;
  readonly #connections = new Set<number>();
  #overlay: Overlay | null = null;
  /** Of the last overlay: to its peers this process is in the same life as before. */
  #inheritance: OverlayInheritance | undefined;
  #closes: MeshClose[] = [];
  #eventLoopDelayMs = 0;

  constructor(options: MeshCoreOptions) {
    this.#options = options;
  }

  get overlay(): Overlay | null {
    return this.#overlay;
  }

  start(meshId: string, nowMs: number): Overlay {
    this.#overlay = overlayOf(this.#options, meshId, this.#inheritance, nowMs);
    this.#overlay.setEventLoopDelay(this.#eventLoopDelayMs);
    return this.#overlay;
  }

  stop(): void {
    for (const connection of this.#connections) this.#closes.push({ connection, reason: 'no_mesh' });
    this.#connections.clear();
    this.links.clear();
    this.#inheritance = this.#overlay?.retire() ?? this.#inheritance;
    this.#overlay = null;
  }

  setEventLoopDelay(delayMs: number): void {
    this.#eventLoopDelayMs = delayMs;
    this.#overlay?.setEventLoopDelay(delayMs);
  }

  connected(id: number, info: ConnectionInfo, nowMs: number): void {
    if (this.#overlay === null) this.#closes.push({ connection: id, reason: 'no_mesh' });
    else {
      this.#connections.add(id);
      this.#overlay.connected(id, info, nowMs);
    }
  }

  received(id: number, bytes: Uint8Array, nowMs: number): void {
    if (this.#connections.has(id)) this.#overlay?.received(id, bytes, nowMs);
  }

  disconnected(id: number, nowMs: number): void {
    if (this.#connections.delete(id)) this.#overlay?.disconnected(id, nowMs);
  }

  takeReady(nowMs: number): OverlayReady {
    const ready = this.#overlay?.takeReady(nowMs) ?? NOTHING;
    for (const event of ready.events) this.#onEvent(event);
    return ready;
  }

  /** Connections that must be closed because there is no overlay for them. */
  takeCloses(): readonly MeshClose[] {
    const closes = this.#closes;
    this.#closes = [];
    return closes;
  }

  #onEvent(event: OverlayEvent): void {
    if (event.kind !== 'link') return;
    if (event.isUp) this.links.add(event.peer);
    else this.links.delete(event.peer);
  }
}

const NOTHING: OverlayReady = {
  writes: [],
  dials: [],
  closes: [],
  deliveries: [],
  neighbourMessages: [],
  events: [],
  spentBatches: [],
};
