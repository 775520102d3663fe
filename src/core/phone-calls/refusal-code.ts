import type { NotTaken } from '#core/call-flow/index.js';

/** Nobody and nothing has what was dialled. */
export const NOT_FOUND = 404;
/** The call that another is to take the place of is not there (RFC 3891 section 3). */
export const NO_SUCH_CALL = 481;

/** The SIP status with which a phone of ours is told why its call came to nothing (RFC 3261 section 21). */
export function refusalFor(cause: NotTaken): number {
  switch (cause) {
    case 'busy':
      return 486;
    case 'rejected':
    case 'declined':
      return 603;
    case 'unallocated':
      return NOT_FOUND;
    case 'no_answer':
    case 'not_registered':
    case 'canceled':
    case 'hangup':
      return 480;
    case 'forbidden':
    case 'not_allowed':
    case 'not_in_plan':
    case 'not_verified':
    case 'suppressed':
    case 'insufficient_funds':
      return 403;
    case 'incompatible':
      return 488;
    default:
      return 503;
  }
}
