import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

/** A mail that the server took, or refused with `code`. */
export interface ReceivedMail {
  readonly to: string;
  readonly mail: Email;
  readonly raw: string;
}

/** An SMTP server that keeps what it gets. */
export interface Mailbox {
  readonly url: string;
  /** Mails to one address, oldest first, those that were refused after their data included. */
  to(address: string): ReceivedMail[];
  /** What the server says to the recipient, or after the data, of the next mails to an address; then it accepts again. */
  refuse(address: string, refusal: { readonly at: 'recipient' | 'data'; readonly codes: readonly number[] }): void;
  stop(): Promise<void>;
}

/** Starts an SMTP server on a free port. */
export async function startMailbox(): Promise<Mailbox> {
  const received: ReceivedMail[] = [];
  const refusals = new Map<string, { at: 'recipient' | 'data'; codes: number[] }>();
  const refusalOf = (address: string, at: 'recipient' | 'data'): Error | null => {
    const refusal = refusals.get(address);
    const code = refusal?.at === at ? refusal.codes.shift() : undefined;
    return code === undefined ? null : Object.assign(new Error('refused by the test'), { responseCode: code });
  };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: ({ address }, _session, done) => done(refusalOf(address, 'recipient')),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const raw = Buffer.concat(chunks);
        const to = session.envelope.rcptTo[0]?.address ?? '';
        PostalMime.parse(raw).then(
          (mail) => {
            received.push({ to, mail, raw: raw.toString('utf8') });
            done(refusalOf(to, 'data'));
          },
          (error: Error) => done(error),
        );
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  return {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    to: (address) => received.filter((mail) => mail.to === address),
    refuse: (address, { at, codes }) => void refusals.set(address, { at, codes: [...codes] }),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
