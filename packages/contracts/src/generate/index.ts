export { type AsyncApiOptions, asyncApiDocument } from './asyncapi.ts';
export { eventSchemaDocument } from './event-schema.ts';
export { incompatibilities } from './incompatibilities.ts';
export { type OpenApiOptions, openApiDocument } from './openapi.ts';
