import { type ServiceDefinition, type ServiceName, services } from '../../catalog.ts';

/** Passwords of the NATS users. */
export interface NatsPasswords {
  readonly admin: string;
  readonly services: Readonly<Record<ServiceName, string>>;
}

/** Requests to JetStream that a service needs: its consumers, reading streams, acknowledging. Never creating or deleting a stream. */
const JETSTREAM_REQUESTS = [
  '$JS.ACK.>',
  '$JS.API.INFO',
  '$JS.API.STREAM.INFO.*',
  '$JS.API.STREAM.LIST',
  '$JS.API.STREAM.NAMES',
  '$JS.API.STREAM.MSG.GET.*',
  '$JS.API.DIRECT.GET.>',
  '$JS.API.CONSUMER.>',
  '$JS.FC.>',
];

/** What every service may publish besides its own events: its dead letters and their redrive. */
const COMMON_SUBJECTS = ['dlq.>', 'redrive.>', '_INBOX.>'];

/** The inside of nats.conf's `authorization` block: an administrator, and one limited user per service. */
export function natsAuthorization(passwords: NatsPasswords): string {
  const users = [
    `    { user: "admin", password: ${JSON.stringify(passwords.admin)} }`,
    ...services.map((service) => natsUser(service, passwords.services[service.name])),
  ];
  return ['  users: [', users.join(',\n'), '  ]'].join('\n');
}

function natsUser(service: ServiceDefinition, password: string): string {
  const publish = [...service.publishes, ...COMMON_SUBJECTS, ...JETSTREAM_REQUESTS];
  const subscribe = ['_INBOX.>', ...service.consumes, 'redrive.>', '$JS.EVENT.ADVISORY.>', '$JS.FC.>'];
  return [
    `    { user: "${service.name}", password: ${JSON.stringify(password)}, permissions: {`,
    `        publish: { allow: [${quote(publish)}] },`,
    `        subscribe: { allow: [${quote(subscribe)}] } } }`,
  ].join('\n');
}

function quote(subjects: readonly string[]): string {
  return subjects.map((subject) => JSON.stringify(subject)).join(', ');
}
