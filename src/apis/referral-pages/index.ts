import { claimLinkDoor, shareLinkDoor } from '#apis/referral-pages/friend-door.js';
import { OpenLimit } from '#apis/referral-pages/open-limit.js';
import { unsubscribeDoor } from '#apis/referral-pages/unsubscribe-door.js';
import type { OpenDoor } from '#apis/http/index.js';

/** Pages for advocates and friends, who have no key: what they hold is a link. */
export function referralPageDoors(): OpenDoor[] {
  const limit = new OpenLimit();
  return [claimLinkDoor(limit), shareLinkDoor(limit), unsubscribeDoor(limit)];
}
