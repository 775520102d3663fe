import type { Migration } from 'kysely';
import * as foundation from '#storage/migrations/0001-foundation.js';
import * as phoneEngine from '#storage/migrations/0002-phone-engine.js';
import * as verify from '#storage/migrations/0003-verify.js';
import * as outreach from '#storage/migrations/0004-outreach.js';
import * as outreachRepairs from '#storage/migrations/0005-outreach-repairs.js';
import * as phoneSystem from '#storage/migrations/0006-phone-system.js';
import * as phoneSystemRepairs from '#storage/migrations/0007-phone-system-repairs.js';
import * as phoneSystemKept from '#storage/migrations/0008-phone-system-kept.js';
import * as referrals from '#storage/migrations/0009-referrals.js';
import * as referralRepairs from '#storage/migrations/0010-referral-repairs.js';
import * as referralCampaignTypes from '#storage/migrations/0011-referral-campaign-types.js';

/** In the order they are applied; a released migration is never edited. */
export const migrations: Record<string, Migration> = {
  '0001-foundation': foundation,
  '0002-phone-engine': phoneEngine,
  '0003-verify': verify,
  '0004-outreach': outreach,
  '0005-outreach-repairs': outreachRepairs,
  '0006-phone-system': phoneSystem,
  '0007-phone-system-repairs': phoneSystemRepairs,
  '0008-phone-system-kept': phoneSystemKept,
  '0009-referrals': referrals,
  '0010-referral-repairs': referralRepairs,
  '0011-referral-campaign-types': referralCampaignTypes,
};
