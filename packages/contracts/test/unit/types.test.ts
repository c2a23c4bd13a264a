import { test } from 'node:test';
import { Type } from 'typebox';
import type { CallInput, Client, EventData, RouteInput, RouteResult } from '../../src/index.ts';
import { defineEvent } from '../../src/index.ts';
import type { deleteNotes, listNotes, noteRoutes, putNote } from '../support/sample-routes.ts';
import { type Equal, holds } from '../support/type-equality.ts';

interface Note {
  id: string;
  text: string;
  stars?: number;
}

test('a handler gets the types of its schemas', () => {
  holds<Equal<RouteInput<typeof putNote>['params'], { notebookId: string; noteId: string }>>();
  holds<Equal<RouteInput<typeof putNote>['query'], { dryRun?: boolean; tag?: string[] }>>();
  holds<Equal<RouteInput<typeof putNote>['body'], { text: string; stars?: number }>>();
  holds<Equal<RouteInput<typeof listNotes>['body'], undefined>>();
  holds<Equal<RouteInput<typeof listNotes>['params'], Record<never, never>>>();
});

test('a handler may answer with what the contract declares, and with nothing else', () => {
  const created: RouteResult<typeof putNote> = { status: 201, body: { id: 'n', text: 't' } };
  const emptied: RouteResult<typeof deleteNotes> = { status: 204 };
  // @ts-expect-error 204 is not declared
  const undeclared: RouteResult<typeof putNote> = { status: 204 };
  // @ts-expect-error `text` is missing
  const incomplete: RouteResult<typeof putNote> = { status: 200, body: { id: 'n' } };
  // @ts-expect-error 204 has no body
  const filled: RouteResult<typeof deleteNotes> = { status: 204, body: {} };
  holds<Equal<RouteResult<typeof putNote>['status'], 200 | 201>>();
  void [created, emptied, undeclared, incomplete, filled];
});

test('a caller must give what is required and may leave out what is not', () => {
  const whole: CallInput<typeof putNote> = { params: { notebookId: 'a', noteId: 'b' }, body: { text: 't' } };
  // @ts-expect-error params are missing
  const withoutParams: CallInput<typeof putNote> = { body: { text: 't' } };
  // @ts-expect-error the query has a required field
  const withoutQuery: CallInput<typeof listNotes> = {};
  // @ts-expect-error `colour` is not in the contract
  const withMore: CallInput<typeof listNotes> = { query: { owner: 'o', colour: 'red' } };
  type Calls = Client<typeof noteRoutes>;
  holds<Equal<Parameters<Calls['deleteNotes']>[0], CallInput<typeof deleteNotes> | undefined>>();
  holds<Equal<Parameters<Calls['listNotes']>[0], CallInput<typeof listNotes>>>();
  void [whole, withoutParams, withoutQuery, withMore];
});

test('an answer is known by its status', () => {
  type Answer = Awaited<ReturnType<Client<typeof noteRoutes>['putNote']>>;
  holds<Equal<Extract<Answer, { status: 201 }>['body'], Note>>();
  holds<Equal<Answer['headers'], Headers>>();
});

test('the data of an event has the type of its schema', () => {
  const event = defineEvent({
    type: 'peermesh.notes.written.v1',
    subject: 'notes.written',
    stream: 'CONTENT',
    description: 'A note was written.',
    data: Type.Object({ id: Type.String(), language: Type.Union([Type.String(), Type.Null()]) }),
  });
  holds<Equal<EventData<typeof event>, { id: string; language: string | null }>>();
});
