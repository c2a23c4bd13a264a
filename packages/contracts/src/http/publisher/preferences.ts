import { defineRoute } from '../../define-route.ts';
import { policy } from './policies.ts';
import { Preferences } from './schemas.ts';

export const getPreferences = defineRoute({
  id: 'publisher.preferences.get',
  method: 'GET',
  path: '/api/v1/preferences',
  summary: 'Read your delivery preferences',
  tags: ['preferences'],
  policy: policy('preferences.read', 'read'),
  responses: { 200: Preferences },
  errors: [],
});

export const putPreferences = defineRoute({
  id: 'publisher.preferences.put',
  method: 'PUT',
  path: '/api/v1/preferences',
  summary: 'Set your delivery preferences',
  tags: ['preferences'],
  policy: policy('preferences.update', 'write'),
  body: Preferences,
  responses: { 200: Preferences },
  errors: ['PM_COMMON_UNPROCESSABLE'],
});

export const putDefaultPreferences = defineRoute({
  id: 'publisher.preferences.put_default',
  method: 'PUT',
  path: '/api/v1/preferences/default',
  summary: 'Set the preferences of users who have set none',
  tags: ['preferences'],
  policy: policy('preferences.update_default', 'write', 'admin'),
  body: Preferences,
  responses: { 200: Preferences },
  errors: ['PM_COMMON_UNPROCESSABLE'],
});
