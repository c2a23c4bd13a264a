import type { RouteDefinition } from '@peermesh/contracts';
import { findErrorDefinition, PROBLEM_CONTENT_TYPE } from '@peermesh/errors';
import type { BadRequest } from './bad-requests.ts';
import { type PlainAnswer, plainRequest } from './plain-http.ts';

const AT_ONCE = 6;

/**
 * Sends every request and says what was not refused rightly: another status than expected, no problem of the catalogue, or
 * no answer. An empty list is what a test wants.
 */
export async function wrongAnswers(
  baseUrl: string,
  token: string | null,
  requests: readonly { readonly route: RouteDefinition; readonly bad: BadRequest }[],
): Promise<string[]> {
  const wrong: string[] = [];
  const queue = [...requests];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { route, bad } = next;
      const flaw = await plainRequest(`${baseUrl}${bad.path}`, { token, ...bad.request }).then(
        (answer) => flawOf(answer, bad.statuses),
        (error: unknown) => `no answer: ${String(error)}`,
      );
      if (flaw !== null) wrong.push(`${route.id}, ${bad.name}: ${flaw}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return wrong.toSorted();
}

/** What is wrong with a refusal; null when nothing is. */
export function flawOf(answer: PlainAnswer, statuses: readonly number[]): string | null {
  const { status, headers, text } = answer;
  if (!statuses.includes(status)) return `${status} ${text.slice(0, 200)}`;
  if (headers.get('content-type') !== PROBLEM_CONTENT_TYPE) return `content type ${headers.get('content-type')}`;
  const problem = JSON.parse(text) as { status?: number; code?: string; type?: string; detail?: string };
  const definition = findErrorDefinition(problem.code ?? '');
  if (definition === undefined || definition === null) return `the code ${problem.code} is not in the catalogue`;
  if (problem.status !== status) return `the problem says ${problem.status}, the answer ${status}`;
  if (/\bat \S+:\d+:\d+|node_modules|SELECT |INSERT /.test(text)) return `shows its insides: ${text.slice(0, 200)}`;
  return null;
}
