import { defineError } from '../peermesh-error.ts';

/** Errors of users, sessions, tokens and API keys. */
export const authErrors = {
  credentialsInvalid: defineError({
    code: 'PM_AUTH_CREDENTIALS_INVALID',
    status: 401,
    title: 'The email address or the password is wrong',
    description: 'The same answer comes for an unknown address, a wrong password and a disabled account.',
  }),
  loginThrottled: defineError({
    code: 'PM_AUTH_LOGIN_THROTTLED',
    status: 429,
    title: 'Too many failed logins',
    description:
      'After repeated failures the account, or the network address, must wait before the next attempt. Wait for `Retry-After` seconds.',
  }),
  busy: defineError({
    code: 'PM_AUTH_BUSY',
    status: 503,
    title: 'Too many passwords are being checked',
    description: 'Checking passwords is expensive on purpose and the queue is full. Retry after `Retry-After` seconds.',
  }),
  registrationClosed: defineError({
    code: 'PM_AUTH_REGISTRATION_CLOSED',
    status: 403,
    title: 'Registration is closed',
    description: 'This installation lets only administrators create users.',
  }),
  passwordWeak: defineError({
    code: 'PM_AUTH_PASSWORD_WEAK',
    status: 422,
    title: 'The password is too easy to guess',
    description: 'It is on the list of common passwords, or made from the email address. Choose another one.',
  }),
  refreshTokenInvalid: defineError({
    code: 'PM_AUTH_REFRESH_TOKEN_INVALID',
    status: 401,
    title: 'The refresh token is not valid',
    description:
      'It is unknown, expired, or its session has ended. A refresh token that was used before ends its session. Log in again.',
  }),
  apiKeyInvalid: defineError({
    code: 'PM_AUTH_API_KEY_INVALID',
    status: 401,
    title: 'The API key is not valid',
    description: 'It is malformed, unknown, expired or revoked.',
  }),
  apiKeyLimit: defineError({
    code: 'PM_AUTH_API_KEY_LIMIT',
    status: 409,
    title: 'The user has too many API keys',
    description: 'Revoke keys that are not used any more, then try again.',
  }),
  scopeExceeded: defineError({
    code: 'PM_AUTH_SCOPE_EXCEEDED',
    status: 403,
    title: 'The scopes go beyond those of the caller',
    description: 'A credential with scopes can only make keys with the same scopes or fewer.',
  }),
  emailTaken: defineError({
    code: 'PM_AUTH_EMAIL_TAKEN',
    status: 409,
    title: 'The email address belongs to another user',
    description: 'Email addresses are unique in a tenant, whatever their case.',
  }),
  lastAdmin: defineError({
    code: 'PM_AUTH_LAST_ADMIN',
    status: 409,
    title: 'The last administrator must stay',
    description: 'The tenant would be left without an active administrator. Make another one first.',
  }),
  roleUnknown: defineError({
    code: 'PM_AUTH_ROLE_UNKNOWN',
    status: 422,
    title: 'There is no such role',
    description: 'Choose one of `GET /api/v1/roles`, or create it first.',
  }),
  roleInUse: defineError({
    code: 'PM_AUTH_ROLE_IN_USE',
    status: 409,
    title: 'The role is in use',
    description: 'Users have it, or another role inherits from it. Change those first.',
  }),
  roleBuiltIn: defineError({
    code: 'PM_AUTH_ROLE_BUILT_IN',
    status: 409,
    title: 'A built-in role cannot be changed',
    description: '`user`, `moderator` and `admin` are fixed. Create a role of your own that inherits from one of them.',
  }),
} as const;
