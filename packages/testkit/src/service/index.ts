export { type Answer, type CallOptions, type CallService, callService } from './call-service.ts';
export { PublishedEvents } from './published-events.ts';
export { type ServiceDatabase, startServiceDatabase } from './service-database.ts';
export { type ServiceFixture, startTestService, type TestServiceOptions } from './test-service.ts';
