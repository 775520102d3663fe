import type { AccountErrorCode } from '#core/accounts/errors.js';
import type { ApiAccessErrorCode } from '#core/api-access/errors.js';
import type { AttachmentErrorCode } from '#core/attachments/errors.js';
import type { BanErrorCode } from '#core/bans/errors.js';
import type { BillingErrorCode } from '#core/billing/errors.js';
import type { BlockedNumberErrorCode } from '#core/blocked-numbers/errors.js';
import type { CallErrorCode } from '#core/calls/errors.js';
import type { CarrierErrorCode } from '#core/carriers/errors.js';
import type { CampaignErrorCode } from '#core/campaigns/errors.js';
import type { ContactErrorCode } from '#core/contacts/errors.js';
import type { ConversationErrorCode } from '#core/conversations/errors.js';
import type { DiskErrorCode } from '#core/disk/errors.js';
import type { ImportErrorCode } from '#core/imports/errors.js';
import type { MessageErrorCode } from '#core/messages/errors.js';
import type { NumberErrorCode } from '#core/numbers/errors.js';
import type { PeopleErrorCode } from '#core/people/errors.js';
import type { PhoneErrorCode } from '#core/phones/errors.js';
import type { PlanErrorCode } from '#core/plans/errors.js';
import type { RegistrationErrorCode } from '#core/registrations/errors.js';
import type { RoutingErrorCode } from '#core/routing/errors.js';
import type { SoundErrorCode } from '#core/sounds/errors.js';
import type { SpeechErrorCode } from '#core/speech/errors.js';
import type { SuppressionErrorCode } from '#core/suppression/errors.js';
import type { TrunkErrorCode } from '#core/trunks/errors.js';
import type { VerificationErrorCode } from '#core/verifications/errors.js';
import type { VoicemailErrorCode } from '#core/voicemail/errors.js';
import type { WebhookErrorCode } from '#core/webhooks/errors.js';
import type { AssetErrorCode } from '#core/assets/errors.js';
import type { CouponErrorCode } from '#core/coupons/errors.js';
import type { LoyaltyErrorCode } from '#core/loyalty/errors.js';
import type { OfferClaimErrorCode } from '#core/offer-claims/errors.js';
import type { OfferErrorCode } from '#core/offers/errors.js';
import type { OriginErrorCode } from '#core/origins/errors.js';
import type { ReferralCampaignErrorCode } from '#core/referral-campaigns/errors.js';
import type { ReferralMetricErrorCode } from '#core/referral-metrics/errors.js';
import type { ReferralProgrammeErrorCode } from '#core/referral-programme/errors.js';
import type { ReferralErrorCode } from '#core/referrals/errors.js';
import type { ShareErrorCode } from '#core/shares/errors.js';
import type { SitePersonErrorCode } from '#core/site-people/errors.js';
import type { SiteErrorCode } from '#core/sites/errors.js';

/** Every way in which core refuses: `noun.reason`. A door maps each code of the features it uses to its own dialect. */
export type ErrorCode =
  | AccountErrorCode
  | ApiAccessErrorCode
  | AttachmentErrorCode
  | BanErrorCode
  | BillingErrorCode
  | BlockedNumberErrorCode
  | CallErrorCode
  | CarrierErrorCode
  | CampaignErrorCode
  | ContactErrorCode
  | ConversationErrorCode
  | DiskErrorCode
  | ImportErrorCode
  | MessageErrorCode
  | NumberErrorCode
  | PeopleErrorCode
  | PhoneErrorCode
  | PlanErrorCode
  | RegistrationErrorCode
  | RoutingErrorCode
  | SoundErrorCode
  | SpeechErrorCode
  | SuppressionErrorCode
  | TrunkErrorCode
  | VerificationErrorCode
  | VoicemailErrorCode
  | WebhookErrorCode
  | AssetErrorCode
  | CouponErrorCode
  | LoyaltyErrorCode
  | OfferErrorCode
  | OfferClaimErrorCode
  | OriginErrorCode
  | ReferralCampaignErrorCode
  | ReferralMetricErrorCode
  | ReferralProgrammeErrorCode
  | ReferralErrorCode
  | ShareErrorCode
  | SitePersonErrorCode
  | SiteErrorCode;

/** What is wrong at one place of an input. */
export interface Fault {
  path: string;
  message: string;
}

export interface ErrorDetails {
  /** The input field at fault, in core's terms. */
  field?: string;
  retryAfterSeconds?: number;
  /** All that is wrong, where one sentence is not enough: each with its path. */
  problems?: readonly Fault[];
}

/** A refusal with a sentence for the person outside. Anything else that is thrown is a defect of ours. */
export class CoreError extends Error {
  override readonly name = 'CoreError';
  readonly field: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly problems: readonly Fault[];

  constructor(
    readonly code: ErrorCode,
    message: string,
    details: ErrorDetails = {},
  ) {
    super(message);
    this.field = details.field;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.problems = details.problems ?? [];
  }
}
