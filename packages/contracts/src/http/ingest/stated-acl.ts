import { type Static, Type } from 'typebox';
import { Acl } from '../../events/document.ts';

const { default: _default, ...withoutDefault } = Acl as typeof Acl & { readonly default?: unknown };

/** An ACL that stays absent when the caller states none, so that a source's own can apply and updates change nothing. */
export const StatedAcl = Type.Unsafe<Static<typeof Acl>>(withoutDefault);
