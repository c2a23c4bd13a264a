/** The most used passwords of eight or more characters in public leaks, in lower case. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `12345678 123456789 1234567890 password password1 password12 password123 password1234 passw0rd p@ssw0rd p@ssword
  qwertyuiop qwerty123 qwerty1234 qwerty12345 qwertyui 1q2w3e4r 1q2w3e4r5t 1qaz2wsx q1w2e3r4 zaq12wsx asdfghjkl asdf1234
  iloveyou iloveyou1 sunshine princess football baseball basketball superman batman123 trustno1 welcome1 welcome123 letmein1
  letmein123 dragon123 monkey123 master123 shadow123 michael1 jennifer computer internet whatever starwars pokemon1 samsung1
  11111111 00000000 12341234 11223344 88888888 99999999 87654321 987654321 0987654321 123123123 147258369 1234qwer abcd1234
  abc12345 abcdefgh aaaaaaaa admin123 admin1234 administrator changeme changeme1 secret123 default1 google123 facebook
  liverpool chelsea1 charlie1 football1 baseball1 jordan23 hello123 hellohello freedom1 nothing1 ashley12 lovelove
  correcthorsebatterystaple peermesh peermesh1 peermesh123`.split(/\s+/),
);
