import type { ClaimedDelivery, NotificationPayload } from './delivery.ts';
import type { LinkTokens } from './link-tokens.ts';

/** A mail before it is encoded. */
export interface MailContent {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a mail needs besides its delivery. */
export interface MailOptions {
  readonly links: LinkTokens;
  /** Base URL of the gateway as recipients reach it. */
  readonly publicUrl: string;
  readonly now: Date;
}

interface MailedDocument {
  readonly deliveryId: string;
  readonly title: string;
  readonly summary: string;
  readonly url: string | null;
}

const VERIFICATION_MS = 24 * 3_600_000;

/** Writes the mail of a delivery: one document, a digest, a notice, or the verification of an address. */
export function mailContent(delivery: ClaimedDelivery, options: MailOptions): MailContent {
  switch (delivery.kind) {
    case 'verification':
      return verificationMail(delivery, options);
    case 'notice':
    case 'status':
      return noticeMail(delivery);
    case 'document':
      return documentMail(delivery, options);
  }
}

function documentMail(delivery: ClaimedDelivery, { links, publicUrl }: MailOptions): MailContent {
  const { tenantId, subscriptionId } = delivery;
  const entries = delivery.isDigest ? delivery.digest : [{ deliveryId: delivery.id, payload: delivery.payload }];
  const documents = entries.map(documentOf);
  const first = documents[0]?.title ?? '';
  const clickable = documents.map((document) => ({
    ...document,
    link: document.url === null ? null : clickUrl(document.deliveryId, document.url),
  }));
  const unsubscribe = `${publicUrl}/api/v1/subscriptions/unsubscribe/${links.sign({
    kind: 'unsubscribe',
    tenantId,
    subscriptionId: subscriptionId ?? '',
  })}`;
  const pixel = `${publicUrl}/api/v1/engagement/open/${links.sign({ kind: 'open', tenantId, deliveryId: delivery.id })}`;
  return {
    subject: oneLine(documents.length > 1 ? `${documents.length} new documents: ${first}` : first),
    text: [
      ...clickable.map(({ title, summary, link }) => [title, summary, link].filter(Boolean).join('\n')),
      `Unsubscribe: ${unsubscribe}`,
    ].join('\n\n'),
    html: page(
      clickable
        .map(({ title, summary, link }) => {
          const heading = link === null ? escape(title) : `<a href="${escape(link)}">${escape(title)}</a>`;
          return `<h2>${heading}</h2><p>${escape(summary)}</p>`;
        })
        .join('') +
        `<p><a href="${escape(unsubscribe)}">Unsubscribe</a></p><img src="${escape(pixel)}" width="1" height="1" alt="">`,
    ),
    headers: { 'List-Unsubscribe': `<${unsubscribe}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
  };

  function clickUrl(deliveryId: string, url: string): string {
    return `${publicUrl}/api/v1/engagement/click/${links.sign({ kind: 'click', tenantId, deliveryId, url })}`;
  }
}

function documentOf({ deliveryId, payload }: { deliveryId: string; payload: NotificationPayload }): MailedDocument {
  const document = payload.data['document'] as { title: string; summary: string; url: string | null };
  const url = document.url !== null && /^https?:\/\//i.test(document.url) ? document.url : null;
  return { deliveryId, title: document.title, summary: document.summary.slice(0, 500), url };
}

function verificationMail(delivery: ClaimedDelivery, { links, now }: MailOptions): MailContent {
  const token = links.sign({
    kind: 'verify',
    tenantId: delivery.tenantId,
    endpointId: delivery.endpoint.id,
    email: delivery.endpoint.email ?? '',
    expiresAt: now.getTime() + VERIFICATION_MS,
  });
  const text = `Somebody wants PeerMesh to send notifications to this address. If it was you, verify the endpoint ${delivery.endpoint.id} within a day with this token:\n\n${token}\n\nOtherwise do nothing: no more mail will come.`;
  return {
    subject: 'Verify your address',
    text,
    html: page(
      text
        .split('\n\n')
        .map((part) => `<p>${escape(part)}</p>`)
        .join(''),
    ),
    headers: {},
  };
}

function noticeMail({ payload }: ClaimedDelivery): MailContent {
  const { name, state, reason, percent } = payload.data;
  const text =
    state === 'disabled'
      ? `Your endpoint "${String(name)}" has been disabled (${String(reason)}). Waiting deliveries have failed; enable it and send them again.`
      : `Your endpoint "${String(name)}" keeps failing (${String(reason)}): ${String(percent)} % of the time after which it is disabled has passed.`;
  return {
    subject: oneLine(`Endpoint "${String(name)}" ${String(state)}`),
    text,
    html: page(`<p>${escape(text)}</p>`),
    headers: {},
  };
}

function page(body: string): string {
  return `<!doctype html><html><body>${body}</body></html>`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 200);
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
