import type { E164 } from '#core/address.js';

/**
 * The number that a first start owns in both modes, so that the first call needs nothing else (rule 20). Nobody can
 * call it: the network does not give it out.
 */
export const SANDBOX_NUMBER = '+15005550100' as E164;
