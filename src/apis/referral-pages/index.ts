import { advocateDoor } from '#apis/referral-pages/advocate-door.js';
import { consentDoor } from '#apis/referral-pages/consent-door.js';
import { claimLinkDoor, shareLinkDoor } from '#apis/referral-pages/friend-door.js';
import { nameDoor } from '#apis/referral-pages/name-door.js';
import { OpenLimit } from '#apis/referral-pages/open-limit.js';
import { tagDoor, tagScriptDoor } from '#apis/referral-pages/tag-door.js';
import { unsubscribeDoor } from '#apis/referral-pages/unsubscribe-door.js';
import type { OpenDoor } from '#apis/http/index.js';

/** Pages for advocates and friends, and the tag of shops, which have no key: what they hold is a link, or the name of a site. */
export function referralPageDoors(): OpenDoor[] {
  const limit = new OpenLimit();
  return [
    claimLinkDoor(limit),
    shareLinkDoor(limit),
    nameDoor(limit),
    advocateDoor(limit),
    unsubscribeDoor(limit),
    consentDoor(limit),
    tagScriptDoor(),
    tagDoor(limit),
  ];
}
