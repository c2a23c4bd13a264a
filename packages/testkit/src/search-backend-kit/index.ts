export { searchBackendKit } from './search-backend-kit.ts';
export type { KitBackend, KitResult, SearchBackendSubject } from './types.ts';
