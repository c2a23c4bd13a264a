import {
  type Applied,
  type Command,
  type CommandBody,
  type CommandHeader,
  ControlGroup,
  encodeCommand,
  type NodeIntroduction,
} from '@peermesh/replication';

export function introduction(name: string, changes: Partial<NodeIntroduction> = {}): NodeIntroduction {
  return {
    name,
    address: `${name}.test:7000`,
    isInbound: true,
    isRelay: true,
    region: 'north',
    tenant: '',
    labels: [],
    volumeId: `volume-${name}`,
    sealingKey: new Uint8Array(32),
    certificate: '',
    ...changes,
  };
}

let requests = 0;

export function command(body: CommandBody, header: Partial<CommandHeader> = {}): Command {
  requests += 1;
  const requestId = requests.toString(16).padStart(32, '0');
  return {
    header: { requestId, basis: 0, actor: 1, operator: '', override: '', atMs: 1_000, health: 'HEALTHY', ...header },
    body,
  };
}

/** A control group with a log of its own. */
export class TestGroup {
  readonly group = new ControlGroup();
  readonly log: Uint8Array[] = [];

  run(body: CommandBody, header: Partial<CommandHeader> = {}): Applied {
    return this.append(command(body, { basis: this.log.length, ...header }));
  }

  append(made: Command): Applied {
    const data = encodeCommand(made);
    this.log.push(data);
    return this.group.apply(this.log.length, data);
  }
}

export function meshOf(policy: 'OPEN' | 'KEY_REQUIRED' | 'CLOSED', names: readonly string[] = []): TestGroup {
  const mesh = new TestGroup();
  mesh.run(
    { kind: 'create', meshId: 'm', policy: 'OPEN', nodeId: 'key-a', founder: introduction('a'), joinKeys: [] },
    { actor: 0 },
  );
  for (const name of names) mesh.run(admission(name));
  if (policy !== 'OPEN') mesh.run({ kind: 'setPolicy', policy, expectedVersion: 1 });
  return mesh;
}

export function admission(name: string, changes: Partial<NodeIntroduction> = {}, keyHash = ''): CommandBody {
  return { kind: 'admit', meshId: 'm', nodeId: `key-${name}`, introduction: introduction(name, changes), keyHash };
}
