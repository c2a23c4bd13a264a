export {
  appRole,
  databaseStatements,
  databaseUrl,
  ensureDatabase,
  ensureRoles,
  ownerRole,
  type ServiceSchema,
} from './roles.ts';
