export { type AlertDefinition, alerts } from './alert-definitions.ts';
export { metricsOf } from './alerts-file.ts';
