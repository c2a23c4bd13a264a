import { services } from '../catalog.ts';
import { type GeneratedFile, generatedNotice } from '../generated-file.ts';
import { appRole, databaseStatements, ownerRole } from './roles.ts';

/** SQL that psql runs once on a fresh cluster; the passwords come as psql variables `<role>_password`. */
export function rolesSqlFile(): GeneratedFile {
  const roles = services.flatMap(({ name, databaseConnectionsMax }) =>
    [ownerRole(name), appRole(name)].map(
      (role) =>
        `CREATE ROLE ${role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT ${databaseConnectionsMax} PASSWORD :'${role}_password';`,
    ),
  );
  const statements = databaseStatements(
    'peermesh',
    services.map(({ name }) => ({ service: name })),
  ).map((statement) => `${statement};`);
  return {
    path: 'infra/postgres/roles.sql',
    text: [generatedNotice('postgres/roles-sql.ts').replace('#', '--'), ...roles, ...statements, ''].join('\n'),
  };
}
