import { defineEvent } from '@peermesh/contracts';
import { Type } from 'typebox';

/** The event that these tests publish. */
export const NoteTaken = defineEvent({
  type: 'peermesh.search.note_taken.v1',
  subject: 'search.note_taken',
  stream: 'SEARCH',
  description: 'Only in these tests.',
  data: Type.Object({ note: Type.String() }),
});
