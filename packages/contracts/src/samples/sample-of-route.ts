import type { RouteDefinition, RouteExample } from '../define-route.ts';
import { type SampleSize, sampleOf } from './sample-of.ts';

/** One whole exchange of a route: what is sent and what comes back. */
export type RouteSample = RouteExample;

/** The examples of a route and, for every answer that they leave out, a sample made from the schemas. */
export function samplesOfRoute(route: RouteDefinition, size: SampleSize = 'full'): RouteSample[] {
  const examples = route.examples ?? [];
  const shown = new Set(examples.map(({ response }) => response.status));
  const made = Object.entries(route.responses)
    .filter(([status]) => !shown.has(Number(status)))
    .map(([status, schema]): RouteSample => {
      const body = schema === null ? undefined : sampleOf(schema, size);
      return {
        name: `${status}, ${size}`,
        ...requestSample(route, size),
        response: { status: Number(status), ...(body === undefined ? {} : { body }) },
      };
    });
  return [...examples.map((example) => ({ ...requestSample(route, 'minimal'), ...example })), ...made];
}

function requestSample(route: RouteDefinition, size: SampleSize): Omit<RouteSample, 'name' | 'response'> {
  return {
    ...(route.params === undefined ? {} : { params: sampleOf(route.params, 'full') as Record<string, string> }),
    ...(route.query === undefined ? {} : { query: sampleOf(route.query, size) as Record<string, unknown> }),
    ...(route.body === undefined ? {} : { body: sampleOf(route.body, size) }),
  };
}
