import type { Transaction } from '@peermesh/database';

/** A transaction that is used for plain SQL only. */
export type SqlTransaction = Pick<Transaction<never>, 'client'>;

/** JSON that `jsonb` takes: without NUL and without halves of surrogate pairs. */
export function jsonFor(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'string' ? storableText(inner) : inner));
}

/** Text that PostgreSQL takes. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '');
}

/** RFC 3339, or null. */
export function isoOf(at: Date | null): string | null {
  return at === null ? null : at.toISOString();
}

/** Collects conditions with their parameters. */
export class Conditions {
  readonly #parts: string[] = [];
  readonly values: unknown[] = [];

  /** Adds `condition`, in which `?` stands for the value, unless the value is undefined. */
  add(condition: string, value: unknown): this {
    if (value === undefined) return this;
    this.values.push(value);
    this.#parts.push(condition.replace('?', `$${this.values.length}`));
    return this;
  }

  get sql(): string {
    return this.#parts.length === 0 ? 'true' : this.#parts.join(' AND ');
  }
}
