import { deleteContent, getContent, listContent, submitContent, submitContentBatch } from './content.ts';
import { getExtractionJob, listExtractionJobs, retryExtractionJob } from './extraction-jobs.ts';
import { receiveHook } from './hooks.ts';
import { getIntakeQuota, setIntakeQuota } from './quota.ts';
import {
  createSource,
  deleteSource,
  fetchSource,
  getSource,
  listSourceFetches,
  listSources,
  rotateSourceSecret,
  updateSource,
} from './sources.ts';

export {
  BatchItemResult,
  ContentFormat,
  ContentRecord,
  ContentStatus,
  SubmissionReceipt,
  SubmitContent,
} from './content-schemas.ts';
export { ExtractionJob } from './extraction-jobs.ts';
export { IntakeQuota } from './quota.ts';
export {
  CreateSource,
  Source,
  SourceFetch,
  SourceKind,
  SourceSchedule,
  SourceWithSecret,
  UpdateSource,
} from './source-schemas.ts';

/** Every route of the ingest service. */
export const ingestRoutes = {
  submitContent,
  submitContentBatch,
  listContent,
  getContent,
  deleteContent,
  createSource,
  listSources,
  getSource,
  updateSource,
  deleteSource,
  fetchSource,
  listSourceFetches,
  rotateSourceSecret,
  receiveHook,
  listExtractionJobs,
  getExtractionJob,
  retryExtractionJob,
  getIntakeQuota,
  setIntakeQuota,
} as const;
