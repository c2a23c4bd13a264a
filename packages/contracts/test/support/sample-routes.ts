import { Type } from 'typebox';
import { defineRoute } from '../../src/index.ts';

const policy = { access: 'authenticated', action: 'note.write', minRole: 'user', scopes: ['notes:write'] } as const;
const Note = Type.Object({ id: Type.String(), text: Type.String(), stars: Type.Optional(Type.Integer()) });

export const putNote = defineRoute({
  id: 'notes.note.put',
  method: 'PUT',
  path: '/api/v1/notebooks/:notebookId/notes/:noteId',
  summary: 'Store a note',
  tags: ['notes'],
  policy,
  params: Type.Object({ notebookId: Type.String(), noteId: Type.String() }),
  query: Type.Object({ dryRun: Type.Optional(Type.Boolean()), tag: Type.Optional(Type.Array(Type.String())) }),
  body: Type.Object({ text: Type.String(), stars: Type.Optional(Type.Integer()) }, { additionalProperties: false }),
  responses: { 200: Note, 201: Note },
  errors: ['PM_COMMON_VERSION_CONFLICT'],
});

export const listNotes = defineRoute({
  id: 'notes.note.list',
  method: 'GET',
  path: '/api/v1/notes',
  summary: 'List notes',
  tags: ['notes'],
  policy,
  query: Type.Object({ owner: Type.String(), limit: Type.Optional(Type.Integer()) }),
  responses: { 200: Type.Object({ items: Type.Array(Note) }) },
  errors: [],
});

export const deleteNotes = defineRoute({
  id: 'notes.note.delete_all',
  method: 'DELETE',
  path: '/api/v1/notes',
  summary: 'Delete all notes',
  tags: ['notes'],
  policy,
  responses: { 204: null },
  errors: [],
});

export const importNotes = defineRoute({
  id: 'notes.note.import',
  method: 'POST',
  path: '/api/v1/notes/import',
  summary: 'Import notes',
  tags: ['notes'],
  policy,
  consumes: ['text/csv', 'text/markdown'],
  responses: { 202: Type.Object({ accepted: Type.Integer() }) },
  errors: [],
});

export const noteRoutes = { putNote, listNotes, deleteNotes, importNotes } as const;
