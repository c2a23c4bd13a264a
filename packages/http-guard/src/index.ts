export { type AddressVerdict, type AllowList, classifyAddress, parseAllowHosts } from './address-policy.ts';
export { createGuardedAgent, type GuardedAgentOptions, type HostResolver } from './guarded-agent.ts';
export { assertUrlAllowed, DEFAULT_PORTS, type UrlPolicy } from './url-policy.ts';
