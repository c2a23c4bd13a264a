import { COMMON_PASSWORDS } from './common-passwords.ts';

/** The form in which passwords are hashed, so that every keyboard produces the same one. */
export function normalizedPassword(password: string): string {
  return password.normalize('NFKC');
}

/** Whether a password would be among the first guesses. Length is checked by the contract. */
export function isGuessable(password: string, email: string): boolean {
  const text = normalizedPassword(password).toLowerCase();
  if (COMMON_PASSWORDS.has(text) || COMMON_PASSWORDS.has(text.replace(/[\s\d!.?]+$/, ''))) return true;
  if (new Set(text).size < 3) return true;
  const address = email.toLowerCase();
  const local = address.split('@', 1)[0] ?? '';
  return text === address || (local.length >= 4 && text.replace(/[\d!._-]+$/, '') === local);
}
