export { type Fleet, type FleetOptions, startFleet } from './fleet.ts';
export { DATABASE } from './service-launches.ts';
export { portVariable, readSettings, type Settings } from './settings.ts';
export { prepareStateFolder, type StateFolder, stateFolder } from './state-folder.ts';
export type { Supervised } from './supervised.ts';
export { createTerminal, type Terminal } from './terminal.ts';
export { adminTokens } from './walk/admin-login.ts';
