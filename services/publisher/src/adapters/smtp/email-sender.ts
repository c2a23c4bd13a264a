import { createTransport } from 'nodemailer';
import type { LinkTokens } from '../../domain/link-tokens.ts';
import { mailContent } from '../../domain/mail-content.ts';
import { verdictOnSmtpError } from '../../domain/smtp-verdict.ts';
import type { ChannelSender, Clock } from '../../ports.ts';

/** Sends mails over SMTP; the message id stays the same over retries, so that receivers can recognise a repetition. */
export function createEmailSender(options: {
  readonly smtpUrl: string;
  readonly from: string;
  readonly publicUrl: string;
  readonly links: LinkTokens;
  readonly clock: Clock;
  readonly timeoutMs: number;
}): ChannelSender {
  const transport = createTransport({
    url: options.smtpUrl,
    pool: true,
    maxConnections: 4,
    connectionTimeout: options.timeoutMs,
    greetingTimeout: options.timeoutMs,
    socketTimeout: options.timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = /@([^>\s]+)>?\s*$/.exec(options.from)?.[1] ?? 'localhost';
  return {
    async send(delivery) {
      const now = options.clock();
      try {
        const content = mailContent(delivery, { links: options.links, publicUrl: options.publicUrl, now });
        const sent = await transport.sendMail({
          from: options.from,
          to: { name: '', address: delivery.endpoint.email ?? '' },
          messageId: `<${delivery.id}@${domain}>`,
          date: now,
          subject: content.subject,
          text: content.text,
          html: content.html,
          headers: { ...content.headers, 'Auto-Submitted': 'auto-generated' },
        });
        return {
          kind: 'delivered',
          detail: 'smtp_250',
          httpStatus: null,
          response: sent.response.slice(0, 4096),
          retryAfterMs: null,
        };
      } catch (error) {
        return verdictOnSmtpError(error);
      }
    },
    close: async () => transport.close(),
  };
}
