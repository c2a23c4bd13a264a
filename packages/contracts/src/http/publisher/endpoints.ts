import { Type } from 'typebox';
import { defineRoute } from '../../define-route.ts';
import { IdSchema } from '../../ids.ts';
import { Page, PageQuery } from '../../pagination.ts';
import { policy } from './policies.ts';
import { Channel, CreateEndpoint, Endpoint, EndpointWithSecret, UpdateEndpoint } from './schemas.ts';

export const createEndpoint = defineRoute({
  id: 'publisher.endpoint.create',
  method: 'POST',
  path: '/api/v1/endpoints',
  summary: 'Add an endpoint',
  description:
    'The answer is the only one that shows the secret of a webhook. An e-mail address must be verified first.',
  tags: ['endpoints'],
  policy: policy('endpoint.create', 'write'),
  body: CreateEndpoint,
  responses: { 201: EndpointWithSecret },
  errors: [
    'PM_COMMON_UNPROCESSABLE',
    'PM_PUBLISHER_CHANNEL_OFF',
    'PM_HTTP_GUARD_URL_INVALID',
    'PM_HTTP_GUARD_ADDRESS_FORBIDDEN',
  ],
});

export const listEndpoints = defineRoute({
  id: 'publisher.endpoint.list',
  method: 'GET',
  path: '/api/v1/endpoints',
  summary: 'List endpoints',
  tags: ['endpoints'],
  policy: policy('endpoint.list', 'read'),
  query: Type.Object({
    ...PageQuery.properties,
    userId: Type.Optional(IdSchema('user')),
    channel: Type.Optional(Channel),
  }),
  responses: { 200: Page(Endpoint) },
  errors: [],
});

export const getEndpoint = defineRoute({
  id: 'publisher.endpoint.get',
  method: 'GET',
  path: '/api/v1/endpoints/:id',
  summary: 'Read an endpoint',
  tags: ['endpoints'],
  policy: policy('endpoint.read', 'read'),
  params: Type.Object({ id: IdSchema('endpoint') }),
  responses: { 200: Endpoint },
  errors: ['PM_COMMON_NOT_FOUND'],
});

export const updateEndpoint = defineRoute({
  id: 'publisher.endpoint.update',
  method: 'PATCH',
  path: '/api/v1/endpoints/:id',
  summary: 'Change an endpoint',
  tags: ['endpoints'],
  policy: policy('endpoint.update', 'write'),
  params: Type.Object({ id: IdSchema('endpoint') }),
  body: UpdateEndpoint,
  responses: { 200: Endpoint },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_COMMON_VERSION_CONFLICT', 'PM_COMMON_UNPROCESSABLE'],
});

export const deleteEndpoint = defineRoute({
  id: 'publisher.endpoint.delete',
  method: 'DELETE',
  path: '/api/v1/endpoints/:id',
  summary: 'Delete an endpoint',
  tags: ['endpoints'],
  policy: policy('endpoint.delete', 'write'),
  params: Type.Object({ id: IdSchema('endpoint') }),
  responses: { 204: null },
  errors: ['PM_COMMON_NOT_FOUND'],
});

export const rotateEndpointSecret = defineRoute({
  id: 'publisher.endpoint.rotate_secret',
  method: 'POST',
  path: '/api/v1/endpoints/:id/rotate-secret',
  summary: 'Give a webhook a new secret',
  description: 'For 24 hours deliveries are signed with the old and the new one.',
  tags: ['endpoints'],
  policy: policy('endpoint.rotate_secret', 'write'),
  params: Type.Object({ id: IdSchema('endpoint') }),
  responses: { 200: EndpointWithSecret },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_COMMON_UNPROCESSABLE'],
});

export const enableEndpoint = defineRoute({
  id: 'publisher.endpoint.enable',
  method: 'POST',
  path: '/api/v1/endpoints/:id/enable',
  summary: 'Enable a disabled endpoint',
  description: 'A webhook is probed first with a signed `endpoint.probe`; it must answer with 2xx.',
  tags: ['endpoints'],
  policy: policy('endpoint.enable', 'write'),
  params: Type.Object({ id: IdSchema('endpoint') }),
  responses: { 200: Endpoint },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_COMMON_UNPROCESSABLE', 'PM_PUBLISHER_PROBE_FAILED'],
});

export const verifyEndpoint = defineRoute({
  id: 'publisher.endpoint.verify',
  method: 'POST',
  path: '/api/v1/endpoints/:id/verify',
  summary: 'Verify an e-mail address',
  tags: ['endpoints'],
  policy: policy('endpoint.verify', 'write'),
  params: Type.Object({ id: IdSchema('endpoint') }),
  body: Type.Object({ token: Type.String({ minLength: 10, maxLength: 1000 }) }, { additionalProperties: false }),
  responses: { 200: Endpoint },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_PUBLISHER_VERIFICATION_INVALID'],
});

export const sendVerification = defineRoute({
  id: 'publisher.endpoint.send_verification',
  method: 'POST',
  path: '/api/v1/endpoints/:id/send-verification',
  summary: 'Send the mail that verifies an address again',
  description: 'At most once a minute.',
  tags: ['endpoints'],
  policy: policy('endpoint.send_verification', 'write'),
  params: Type.Object({ id: IdSchema('endpoint') }),
  responses: { 202: Endpoint },
  errors: ['PM_COMMON_NOT_FOUND', 'PM_COMMON_UNPROCESSABLE', 'PM_COMMON_TOO_MANY_REQUESTS'],
});
