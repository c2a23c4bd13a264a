import { linkConfigProblems } from './config.ts';
import { VirtualLink, type VirtualLinkOptions } from './virtual-link.ts';

/** A link between two nodes over up to 16 connections. Throws a RangeError that names every setting that cannot be. */
export function createVirtualLink(options: VirtualLinkOptions): VirtualLink {
  const problems = linkConfigProblems(options.config);
  if (problems.length > 0) throw new RangeError(problems.join('; '));
  return new VirtualLink(options);
}
