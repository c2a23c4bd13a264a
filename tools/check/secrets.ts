import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Patterns of credentials that must never be committed. Test fixtures mark theirs with `test-only`. */
const PATTERNS: readonly (readonly [string, RegExp])[] = [
  ['private key', /-----BEGIN (?:RSA |EC |OPENSSH |ENCRYPTED )?PRIVATE KEY-----/],
  ['AWS access key', /\bAKIA[0-9A-Z]{16}\b/],
  ['GitHub token', /\bgh[pousr]_[A-Za-z0-9]{36}\b/],
  ['Slack token', /\bxox[abprs]-[A-Za-z0-9-]{10,}\b/],
  ['npm token', /\bnpm_[A-Za-z0-9]{36}\b/],
  ['live API key', /\bpm_live_[A-Za-z0-9]{30,}\b/],
  ['webhook secret', /\bwhsec_[A-Za-z0-9+/]{40,}={0,2}\b/],
  ['password in a URL', /\b[a-z]+:\/\/[a-z0-9_-]+:(?!test-only|\$|<|\*|password|secret|pass\b)[^\s@/'"`${}]{8,}@/i],
];

// With what is not committed yet, as long as git does not ignore it.
const listing = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
const files = execFileSync('git', listing, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }).split('\0');
const findings: string[] = [];
for (const file of files) {
  if (file === '' || !existsSync(file) || /(^|\/)(pnpm-lock\.yaml|.*\.(png|ico|woff2?))$/.test(file)) continue;
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    if (line.includes('test-only')) continue;
    for (const [kind, pattern] of PATTERNS)
      if (pattern.test(line)) findings.push(`${file}:${index + 1}: looks like a ${kind}`);
  }
}
process.stderr.write(findings.map((finding) => `${finding}\n`).join(''));
process.exitCode = findings.length === 0 ? 0 : 1;
