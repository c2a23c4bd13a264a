import { domainToASCII } from 'node:url';

/**
 * The form by which two email addresses are the same: NFKC, lower case, the domain in ASCII. Dots and `+tags` stay: what they
 * mean is up to the provider.
 */
export function emailKey(email: string): string {
  const text = email.trim().normalize('NFKC').toLowerCase();
  const at = text.lastIndexOf('@');
  const domain = domainToASCII(text.slice(at + 1));
  return `${text.slice(0, at)}@${domain === '' ? text.slice(at + 1) : domain}`;
}
