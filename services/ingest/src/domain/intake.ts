import { createHash } from 'node:crypto';
import type { ContentDocument, Extraction } from '@peermesh/contracts/events';
import type { SubmitContent } from '@peermesh/contracts/ingest';
import { ingestErrors, isPeerMeshError, type PeerMeshError } from '@peermesh/errors';
import { convert, MEDIA_TYPES } from './text/convert.ts';
import { type Converted, toInstant, toLanguage } from './text/converted.ts';
import { normalizeLine, normalizeText } from './text/normalize-text.ts';

/** An item after conversion, before it has an identity in the store. */
export interface PreparedItem {
  readonly sourceId: string | null;
  readonly itemKey: string;
  /** SHA-256 of source and item key: the identity of the item within its tenant. */
  readonly itemHash: Buffer;
  /** SHA-256 of everything that makes a version; equal means duplicate. */
  readonly fingerprint: Buffer;
  readonly document: Omit<ContentDocument, 'contentId' | 'documentId' | 'version'>;
  readonly extraction: Extraction | null;
  readonly sizeBytes: number;
}

/** An item that is already text, as sources deliver it. */
export interface IncomingItem extends Omit<SubmitContent, 'body' | 'format'> {
  readonly converted: Converted;
  readonly mediaType: string;
}

/** What applies to an item unless it says otherwise. */
export interface IntakeDefaults {
  readonly topics?: readonly string[];
  readonly acl?: readonly string[];
  readonly language?: string | null;
}

/** Text that a document may hold; larger ones would not fit an event. */
export const TEXT_BYTES_MAX = 2_500_000;
const TEXT_CHARACTERS_MAX = 1_000_000;
const METADATA_BYTES_MAX = 64 * 1024;

/** Converts, normalizes and fingerprints one submission. Throws a PeerMeshError when it cannot be taken in. */
export function prepareSubmission(
  input: SubmitContent,
  submittedAt: Date,
  defaults: IntakeDefaults = {},
): PreparedItem {
  const format = input.format ?? (typeof input.body === 'string' ? 'text' : 'json');
  const { body: _body, format: _format, ...rest } = input;
  return prepareItem(
    { ...rest, converted: convert(format, input.body), mediaType: MEDIA_TYPES[format] },
    submittedAt,
    defaults,
  );
}

/** Normalizes and fingerprints one item whose text is known. Throws a PeerMeshError when it cannot be taken in. */
export function prepareItem(input: IncomingItem, submittedAt: Date, defaults: IntakeDefaults = {}): PreparedItem {
  const { converted } = input;
  const text = normalizeText(converted.text);
  const title = normalizeLine(input.title ?? converted.title ?? '', 1000);
  if (text === '') throw ingestErrors.contentEmpty({ detail: 'No text is left after conversion.' });
  const sizeBytes = Buffer.byteLength(text);
  if (text.length > TEXT_CHARACTERS_MAX || sizeBytes > TEXT_BYTES_MAX) {
    throw ingestErrors.contentTooLarge({
      detail: `The text has ${text.length} characters; at most ${TEXT_CHARACTERS_MAX} fit.`,
    });
  }
  const contentHash = sha256(title ?? '', '\n', text).toString('hex');
  const url = input.url ?? (converted.url !== null && converted.url.length <= 2048 ? converted.url : null);
  const itemKey = input.itemKey ?? input.url ?? `sha256:${contentHash}`;
  const document: PreparedItem['document'] = {
    sourceId: input.sourceId ?? null,
    itemKey,
    contentHash,
    mediaType: input.mediaType,
    title,
    text,
    url,
    language: toLanguage(input.language) ?? converted.language ?? defaults.language ?? null,
    authors: lines(input.authors ?? converted.authors, 300),
    topics: lines([...(input.topics ?? converted.topics), ...(defaults.topics ?? [])], 100),
    acl: [...(input.acl ?? defaults.acl ?? ['tenant'])],
    metadata: metadataOf(input.metadata),
    publishedAt: toInstant(input.publishedAt) ?? converted.publishedAt,
    submittedAt: submittedAt.toISOString(),
  };
  const extraction = input.extraction === undefined ? null : checkedExtraction(input.extraction, text);
  const { submittedAt: _submittedAt, text: _text, ...identifying } = document;
  return {
    sourceId: document.sourceId,
    itemKey,
    itemHash: sha256(document.sourceId ?? '', '\n', itemKey),
    fingerprint: sha256(
      contentHash,
      JSON.stringify(identifying),
      extraction === null ? '' : JSON.stringify(extraction),
    ),
    document,
    extraction,
    sizeBytes,
  };
}

/** Runs `prepare` and gives back its error as a value, so that one bad item does not hold back a batch. */
export function attempt(prepare: () => PreparedItem): PreparedItem | PeerMeshError {
  try {
    return prepare();
  } catch (error) {
    if (isPeerMeshError(error)) return error;
    return ingestErrors.contentUnreadable({ detail: 'The content does not parse.', cause: error });
  }
}

function checkedExtraction(extraction: Extraction, text: string): Extraction {
  const count = extraction.entities.length;
  const isLoose = extraction.relationships.some(({ from, to }) => from >= count || to >= count);
  if (isLoose)
    throw ingestErrors.contentUnreadable({ detail: 'A relationship points at an entity that is not listed.' });
  const isOutside = extraction.entities.some(({ mentions }) =>
    mentions.some(({ start, end }) => start > end || end > text.length),
  );
  if (isOutside) throw ingestErrors.contentUnreadable({ detail: 'A mention lies outside the normalized text.' });
  return extraction;
}

function metadataOf(metadata: Record<string, unknown> | undefined): Record<string, unknown> {
  if (metadata === undefined) return {};
  if (Buffer.byteLength(JSON.stringify(metadata)) > METADATA_BYTES_MAX) {
    throw ingestErrors.contentTooLarge({ detail: `The metadata exceeds ${METADATA_BYTES_MAX} bytes.` });
  }
  return metadata;
}

function lines(values: readonly string[], charactersMax: number): string[] {
  const kept = new Set<string>();
  for (const value of values) {
    const line = normalizeLine(value, charactersMax);
    if (line !== null && kept.size < 50) kept.add(line);
  }
  return [...kept];
}

function sha256(...parts: readonly string[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
