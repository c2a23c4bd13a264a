import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasErrorCode } from '@peermesh/errors';
import { assertUrlAllowed, DEFAULT_PORTS, parseAllowHosts } from '../../src/index.ts';

const policy = { allow: parseAllowHosts(['lab.internal']), ports: DEFAULT_PORTS };
const codeOf = (url: string): string => {
  try {
    assertUrlAllowed(url, policy);
    return 'allowed';
  } catch (error) {
    return hasErrorCode(error, 'PM_HTTP_GUARD_URL_INVALID')
      ? 'invalid'
      : hasErrorCode(error, 'PM_HTTP_GUARD_ADDRESS_FORBIDDEN')
        ? 'forbidden'
        : String(error);
  }
};

const TABLE: readonly (readonly [string, string])[] = [
  ['https://example.org/feed', 'allowed'],
  ['http://example.org:8080/feed', 'allowed'],
  ['http://lab.internal:5432/', 'allowed'],
  ['ftp://example.org/', 'invalid'],
  ['file:///etc/passwd', 'invalid'],
  ['gopher://example.org/', 'invalid'],
  ['javascript:alert(1)', 'invalid'],
  ['https://user:secret@example.org/', 'invalid'],
  ['http://example.org:22/', 'invalid'],
  ['http://example.org:6379/', 'invalid'],
  ['not a url', 'invalid'],
  ['http://', 'invalid'],
  ['http://localhost/', 'forbidden'],
  ['http://localhost./', 'forbidden'],
  ['http://a.localhost/', 'forbidden'],
  ['http://127.0.0.1/', 'forbidden'],
  ['http://127.1/', 'forbidden'],
  ['http://2130706433/', 'forbidden'],
  ['http://0x7f.0.0.1/', 'forbidden'],
  ['http://017700000001/', 'forbidden'],
  ['http://[::1]/', 'forbidden'],
  ['http://[::ffff:127.0.0.1]/', 'forbidden'],
  ['http://[64:ff9b::7f00:1]/', 'forbidden'],
  ['http://169.254.169.254/latest/meta-data/', 'forbidden'],
  ['http://①②⑦.⓪.⓪.①/', 'forbidden'],
];

for (const [url, expected] of TABLE) {
  test(`${expected}: ${url}`, () => assert.equal(codeOf(url), expected));
}
