import { stringify } from 'yaml';
import { type GeneratedFile, generatedNotice } from '../generated-file.ts';
import { dataVolumes, fleetServices, secretNames } from './compose-services.ts';
import { observabilityServices, storeServices } from './compose-stores.ts';

/** Folder of the secret files, made by `node infra/compose/write-secrets.ts`. */
export const SECRETS_FOLDER = '.peermesh/compose';

/** docker-compose.yml with the profiles infra, fleet, observability and dev. */
export function composeFile(): GeneratedFile {
  const document = {
    name: 'peermesh',
    services: { ...storeServices(), ...fleetServices(), ...observabilityServices() },
    networks: { edge: {}, fleet: { internal: true }, stores: { internal: true }, observability: {}, egress: {} },
    volumes: {
      postgres: {},
      nats: {},
      prometheus: {},
      grafana: {},
      ...Object.fromEntries(dataVolumes().map((name) => [name, {}])),
    },
    secrets: Object.fromEntries(secretNames().map((name) => [name, { file: `./${SECRETS_FOLDER}/${name}` }])),
  };
  const usage = [
    '# First:  node infra/local/bootstrap.mjs compose-secrets',
    '# Then:   docker compose --profile infra --profile fleet up --build --wait',
    '#         docker compose --profile observability up -d',
    '#         docker compose --profile infra --profile dev up      (hot reload from the checkout)',
  ];
  return {
    path: 'docker-compose.yml',
    text: [
      generatedNotice('compose/compose-file.ts'),
      ...usage,
      stringify(document, { lineWidth: 0, aliasDuplicateObjects: false }),
    ].join('\n'),
  };
}
