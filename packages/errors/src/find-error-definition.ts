import { errorCatalogue } from './catalogue/index.ts';
import type { ErrorDefinition } from './peermesh-error.ts';

const byCode: ReadonlyMap<string, ErrorDefinition> = new Map(
  Object.values(errorCatalogue)
    .flatMap((area): readonly ErrorDefinition[] => Object.values(area))
    .map(({ code, status, title, description }) => [code, { code, status, title, description }]),
);

/** The entry of the catalogue with this code, or undefined when this version of the catalogue does not know it. */
export function findErrorDefinition(code: string): ErrorDefinition | undefined {
  return byCode.get(code);
}
