import type { NotTaken } from '#core/call-flow/index.js';

/** The SIP status with which a phone of ours is told why its call came to nothing (RFC 3261 section 21). */
export function refusalFor(cause: NotTaken): number {
  switch (cause) {
    case 'busy':
    case 'do_not_disturb':
      return 486;
    case 'rejected':
    case 'declined':
      return 603;
    case 'unallocated':
      return 404;
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
