export { type AsyncApiOptions, asyncApiDocument } from './asyncapi.ts';
export { type OpenApiOptions, openApiDocument } from './openapi.ts';
