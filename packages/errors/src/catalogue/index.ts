import { commonErrors } from './common.ts';

/** The whole catalogue by area. A service adds its area in a file of its own beside `common.ts`. */
export const errorCatalogue = { common: commonErrors } as const;
