import type { CommandBody, RequestOutcome } from '@peermesh/replication';
import type { ControlMachine } from './control-machine.ts';
import type { ControlWorld } from './control-world.ts';

/** A request of an operator or of a machine. */
export interface AskedRequest {
  readonly machine: ControlMachine;
  readonly life: number;
  readonly askedAtMs: number;
  /** Null for a read. */
  readonly body: CommandBody | null;
  /** Whether nobody else ever writes this setting. */
  readonly isUnique: boolean;
  /** The highest index that was answered as done when it was asked. */
  readonly answeredBefore: number;
  readonly onOutcome: (outcome: RequestOutcome) => void;
  outcome: RequestOutcome | null;
}

const TIMEOUT_MS = 8_000;

/** Who asked for what, and what came of it. */
export class RequestBook {
  readonly all: AskedRequest[] = [];
  done = 0;
  refused = 0;
  reads = 0;
  readonly #world: ControlWorld;
  readonly #open = new Map<string, AskedRequest>();
  #answeredIndex = 0;

  constructor(world: ControlWorld) {
    this.#world = world;
    world.onOutcome = (machine, requestId, outcome) => this.#onOutcome(machine, requestId, outcome);
  }

  ask(
    machine: ControlMachine,
    body: CommandBody | null,
    options: { readonly operator?: string; readonly override?: string; readonly isUnique?: boolean } = {},
    onOutcome: (outcome: RequestOutcome) => void = () => undefined,
  ): void {
    machine.act((plane) => {
      const { operator = 'ada', override = '', isUnique = false } = options;
      const request = {
        machine,
        life: machine.life,
        body,
        isUnique,
        onOutcome,
        outcome: null,
        askedAtMs: this.#world.queue.nowMs,
        answeredBefore: this.#answeredIndex,
      };
      const requestOptions = { operator, override, timeoutMs: TIMEOUT_MS };
      const requestId =
        body === null ? plane.read(TIMEOUT_MS, machine.nowMs) : plane.request(body, requestOptions, machine.nowMs);
      this.#open.set(requestId, request);
      this.all.push(request);
    });
  }

  /** Keys of settings that were answered as done and that nobody else writes; of not taken ones the others. */
  uniqueKeys(kind: 'done' | 'not-taken'): string[] {
    return this.all.flatMap(({ body, isUnique, outcome }) => {
      if (!isUnique || body?.kind !== 'set' || outcome === null) return [];
      const isDone = outcome.kind === 'result' && outcome.result.isDone;
      return (kind === 'done' ? isDone : outcome.kind === kind) ? [body.key] : [];
    });
  }

  #onOutcome(machine: ControlMachine, requestId: string, outcome: RequestOutcome): void {
    const request = this.#open.get(requestId);
    if (request === undefined || request.life !== machine.life) return;
    this.#open.delete(requestId);
    request.outcome = outcome;
    this.#check(request, outcome);
    request.onOutcome(outcome);
  }

  #check(request: AskedRequest, outcome: RequestOutcome): void {
    const { registry } = this.#world;
    const { machine, body, isUnique, answeredBefore } = request;
    if (outcome.kind === 'read') {
      this.reads += 1;
      const text = (): string => `${machine.name} read at ${outcome.index}; done was ${answeredBefore}`;
      registry.check('ReadFresh', outcome.index >= answeredBefore, text);
    }
    if (outcome.kind !== 'result') return;
    const { result, index } = outcome;
    if (isUnique && body?.kind === 'set') {
      const isTrue = result.isDone || result.reason !== 'version-conflict';
      registry.check('DoneOnce', isTrue, () => `${body.key} of ${machine.name} was set before it was set`);
    }
    if (!result.isDone) {
      this.refused += 1;
      return;
    }
    this.done += 1;
    this.#answeredIndex = Math.max(this.#answeredIndex, index);
  }
}
