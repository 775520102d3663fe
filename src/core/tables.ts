/** The rows, as Kysely sees them. Their meaning: `storage/migrations`. Timestamps are `Date`s. */
import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from 'kysely';
import type { CarrierKind, Receipt } from '#carriers/carrier.js';
import type { CallScript } from '#core/calls/call-script.js';
import type { CampaignContent } from '#core/campaigns/index.js';
import type { RoutingKind } from '#core/call-flow/index.js';
import type { CallingHours } from '#core/calling-hours/index.js';
import type { LabelledNumber } from '#core/contacts/index.js';
import type { OriginItem } from '#core/origins/index.js';
import type { ReferralCampaignSettings } from '#core/referral-campaigns/index.js';
import type {
  CAMPAIGN_KINDS,
  CAMPAIGN_STATUSES,
  ORIGIN_KINDS,
  REFERRAL_STATUSES,
  REWARD_KINDS,
  REWARD_REASONS,
  REWARD_STATUSES,
} from '#core/referral-words.js';
import type { FraudFinding, SiteSettings } from '#core/sites/index.js';
import type { RetryPolicy } from '#core/recipients/index.js';
import type { RoutingChange } from '#core/routing/index.js';
import type { TrunkSettings } from '#core/trunks/index.js';
import type { MachineEvidence, MachineVerdict, RtpStats } from '#voice/engine.js';

export type Mode = 'live' | 'test';
export type KeyStyle = 'sidetone' | 'telroi' | 'talkroute';

/** A jsonb column of any shape: written as its JSON text. */
type Json<T> = ColumnType<T, string, string>;

export interface Tables {
  accounts: AccountTable;
  account_paces: AccountPaceTable;
  api_keys: ApiKeyTable;
  audit_log: AuditLogTable;
  trunks: TrunkTable;
  trunk_states: TrunkStateTable;
  phones: PhoneTable;
  phone_contacts: PhoneContactTable;
  numbers: NumberTable;
  nodes: NodeTable;
  calls: CallTable;
  call_attempts: CallAttemptTable;
  trunk_seats: TrunkSeatTable;
  recordings: RecordingTable;
  suppressions: SuppressionTable;
  events: EventTable;
  webhook_secrets: WebhookSecretTable;
  webhook_origins: WebhookOriginTable;
  deliveries: DeliveryTable;
  delivery_attempts: DeliveryAttemptTable;
  idempotency_keys: IdempotencyKeyTable;
  verifications: VerificationTable;
  verification_policies: VerificationPolicyTable;
  users: UserTable;
  user_groups: UserGroupTable;
  user_group_members: UserGroupMemberTable;
  contacts: ContactTable;
  speech_files: SpeechFileTable;
  wallets: WalletTable;
  ledger_entries: LedgerEntryTable;
  prices: PriceTable;
  webhook_endpoints: WebhookEndpointTable;
  sender_paces: SenderPaceTable;
  verified_numbers: VerifiedNumberTable;
  carriers: CarrierTable;
  carrier_states: CarrierStateTable;
  registrations: RegistrationTable;
  registration_numbers: RegistrationNumberTable;
  sending_counts: SendingCountTable;
  messages: MessageTable;
  message_parts: MessagePartTable;
  early_receipts: EarlyReceiptTable;
  incoming_parts: IncomingPartTable;
  incoming_ids: IncomingIdTable;
  contact_lists: ContactListTable;
  contact_list_members: ContactListMemberTable;
  contact_consents: ContactConsentTable;
  contact_tombstones: ContactTombstoneTable;
  uploads: UploadTable;
  imports: ImportTable;
  import_rows: ImportRowTable;
  campaigns: CampaignTable;
  campaign_recipients: CampaignRecipientTable;
  routing_objects: RoutingObjectTable;
  routing_versions: RoutingVersionTable;
  routing_stamps: RoutingStampTable;
  ring_group_turns: RingGroupTurnTable;
  sounds: SoundTable;
  blocked_numbers: BlockedNumberTable;
  mailbox_pins: MailboxPinTable;
  voice_messages: VoiceMessageTable;
  emails: EmailTable;
  tombstones: TombstoneTable;
  call_days: CallDayTable;
  call_days_counted: CallDaysCountedTable;
  call_steps: CallStepTable;
  call_users: CallUserTable;
  conversations: ConversationTable;
  message_attachments: MessageAttachmentTable;
  plans: PlanTable;
  api_access_requests: ApiAccessRequestTable;
  troubles: TroubleTable;
  sites: SiteTable;
  site_hours: SiteHourTable;
  referral_campaigns: ReferralCampaignTable;
  coupon_lists: CouponListTable;
  site_people: SitePersonTable;
  visitors: VisitorTable;
  visitor_people: VisitorPersonTable;
  origins: OriginTable;
  offers: OfferTable;
  visitor_offers: VisitorOfferTable;
  shares: ShareTable;
  share_recipients: ShareRecipientTable;
  email_opt_outs: EmailOptOutTable;
  offer_claims: OfferClaimTable;
  browser_claims: BrowserClaimTable;
  referrals: ReferralTable;
  coupons: CouponTable;
  rewards: RewardTable;
  origin_batches: OriginBatchTable;
  origin_batch_rows: OriginBatchRowTable;
  loyalty_members: LoyaltyMemberTable;
  loyalty_actions: LoyaltyActionTable;
  redemption_batches: RedemptionBatchTable;
  assets: AssetTable;
}

export interface AccountTable {
  id: string;
  name: string;
  domain: string;
  api_enabled: ColumnType<boolean, boolean | undefined, boolean>;
  limits: JSONColumnType<Record<string, number>, string | undefined, string>;
  /** Whether an empty balance refuses. */
  metering: Generated<'off' | 'prepaid'>;
  /** ISO 4217. */
  currency: Generated<string>;
  /** `development`: calls and texts go to verified numbers only. */
  stage: Generated<'development' | 'production'>;
  outreach_policy: JSONColumnType<Record<string, unknown>, string | undefined, string>;
  /** Null: everything. */
  plan_id: Generated<number | null>;
  email: Generated<string | null>;
  /** IANA. */
  time_zone: Generated<string>;
  created_at: Date;
}

export interface AccountPaceTable {
  account_id: string;
  mode: Mode;
  next_dial_at: Date;
}

export interface ApiKeyTable {
  id: string;
  account_id: string;
  mode: Mode;
  style: KeyStyle;
  scopes: string[];
  hash: Buffer;
  hint: string;
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  last_used_at: Date | null;
  replaced_by: string | null;
  /** Whose role bounds it; null: the account's own. */
  user_id: Generated<string | null>;
  /** The only site that it reaches; null: all of the account's. */
  site_id: Generated<string | null>;
}

export interface AuditLogTable {
  id: string;
  account_id: string | null;
  actor: string;
  action: string;
  subject: string;
  details: Json<Record<string, unknown>>;
  created_at: Date;
}

export interface TrunkTable {
  id: string;
  account_id: string | null;
  name: string;
  uri: string;
  username: string | null;
  password_encrypted: Buffer | null;
  channels: Generated<number>;
  calls_per_second: Generated<number>;
  next_dial_at: Date | null;
  prefixes: Generated<string[]>;
  priority: Generated<number>;
  settings: ColumnType<TrunkSettings, string | undefined, string>;
  created_at: Date;
}

export interface TrunkStateTable {
  trunk_id: string;
  up: boolean;
  registered: boolean | null;
  sip_code: number | null;
  detail: string;
  /** When it became up or down, registered or not. */
  since: Date;
}

export interface PhoneTable {
  id: string;
  account_id: string;
  name: string;
  password_encrypted: Buffer;
  do_not_disturb: Generated<boolean>;
  /** Whether a second call rings while somebody speaks. */
  call_waiting: Generated<boolean>;
  hide_caller_id: Generated<boolean>;
  /** Where its calls go instead: a number or an extension. */
  forward_to: Generated<string | null>;
  /** The number of the account that its calls outside show. */
  caller_id: Generated<string | null>;
  /** Where it stands, for emergency calls. */
  location: ColumnType<Record<string, unknown> | null, string | null | undefined, string | null>;
  created_at: Date;
}

export interface PhoneContactTable {
  phone_id: string;
  uri: string;
  transport: 'udp' | 'tcp' | 'tls';
  address: string;
  port: number;
  expires_at: Date;
}

export interface NumberTable {
  /** Names its routing object, too. */
  id: Generated<number>;
  number: string;
  account_id: string;
  mode: Mode;
  phone_id: string | null;
  kind: Generated<'e164' | 'short_code' | 'alphanumeric'>;
  /** Of texts from it. */
  segments_per_second: Generated<number>;
  created_at: Date;
}

export interface NodeTable {
  id: Generated<number>;
  host: string;
  pid: number;
  started_at: Date;
}

export type CallStatus =
  | 'queued'
  | 'dialing'
  | 'ringing'
  | 'answered'
  | 'completed'
  | 'no_answer'
  | 'busy'
  | 'rejected'
  | 'failed'
  | 'canceled'
  | 'voicemail';

export interface CallTable {
  id: string;
  account_id: string;
  mode: Mode;
  /** `in`: somebody called one of our numbers; `from_number` is who, or `anonymous`. */
  direction: Generated<'out' | 'in'>;
  purpose: string;
  priority: number;
  status: CallStatus;
  to_number: string;
  from_number: string;
  script: Json<CallScript>;
  metadata: Json<Record<string, unknown>> | null;
  webhook_url: string | null;
  dialect: string;
  ring_timeout_seconds: number;
  max_duration_seconds: number;
  record: boolean;
  created_at: Date;
  due_at: Date;
  scheduled_at: Date | null;
  dialing_at: Date | null;
  ringing_at: Date | null;
  answered_at: Date | null;
  ended_at: Date | null;
  attempts: Generated<number>;
  put_backs: Generated<number>;
  digits: Generated<string>;
  acted_digit: string | null;
  answered_by: Generated<string>;
  reason: string | null;
  sip_code: number | null;
  sip_reason: string | null;
  cancel_requested_at: Date | null;
  trunk_id: string | null;
  node_id: number | null;
  /** Where a redirect sent the call; null: to `to_number`. */
  dialed_number: string | null;
  /** Trunks that failed the call to this number. */
  tried_trunks: Generated<string[]>;
  /** Where else redirects said it could go, in order. */
  redirects_waiting: Generated<string[]>;
  /** Every number that a redirect named and that was taken on. */
  redirects_seen: Generated<string[]>;
  /** Of a call that a machine answered: whether the message was spoken to its end. */
  message_left: Generated<boolean | null>;
  /** Of a call that connects somebody of ours: the phone that answered first, and when. */
  picked_up_by: Generated<string | null>;
  picked_up_at: Generated<Date | null>;
  /** Of a campaign's call: whose it is, and which try of theirs. */
  campaign_id: Generated<string | null>;
  recipient: Generated<number | null>;
  try: Generated<number | null>;
  /** Of a call between people. */
  caller_name: Generated<string | null>;
  /** What its trunk says of the caller's number (`verstat` of ATIS-1000074), as received. */
  caller_verification: Generated<string | null>;
  /** The Identity field that came with it (RFC 8224), as received. */
  caller_identity: Generated<string | null>;
  result: Generated<'answered' | 'missed' | 'hangup' | null>;
  updated_at: Generated<Date | null>;
  /** Between answer and end. */
  duration_seconds: GeneratedAlways<number>;
}

/** A channel of a trunk that a leg takes beside the one of its call; gone when the leg has ended. */
export interface TrunkSeatTable {
  leg: string;
  call_id: string;
  account_id: string;
  mode: Mode;
  trunk_id: string;
  taken_at: Date;
}

/** What was thought of who answered, and why. */
export interface Verdict {
  verdict: MachineVerdict;
  revised: boolean;
  evidence: MachineEvidence;
}

export interface CallAttemptTable {
  call_id: string;
  attempt: number;
  leg: string;
  target: string;
  dialed_at: Date;
  ringing_at: Date | null;
  answered_at: Date | null;
  ended_at: Date | null;
  cause: string | null;
  sip_code: number | null;
  sip_reason: string | null;
  rtp: Json<RtpStats> | null;
  verdicts: ColumnType<Verdict[], string | undefined, string>;
}

export interface RecordingTable {
  id: string;
  account_id: string;
  mode: Mode;
  call_id: string;
  /** Relative to the recordings folder. */
  file: string;
  bytes: number;
  duration_ms: number;
  created_at: Date;
  deleted_at: Date | null;
}

export interface SuppressionTable {
  id: string;
  account_id: string;
  mode: Mode;
  /** Null once everything else known of the person was erased. */
  address: string | null;
  /** HMAC-SHA256 of the address under a key of the installation. */
  address_hash: Generated<Buffer | null>;
  /**
   * `marketing`: stops that alone; `outreach`: what rule 3 says an opt-out stops; `all`: an explicit block of everything
   * but emergencies.
   */
  scope: 'marketing' | 'outreach' | 'all';
  channel: 'all' | 'voice' | 'sms';
  source: string;
  reason: string | null;
  call_id: string | null;
  created_at: Date;
  lifted_at: Date | null;
  lifted_reason: string | null;
  message_id: Generated<string | null>;
  /** The free words that seemed to revoke, and when somebody looked at them. */
  review_text: Generated<string | null>;
  reviewed_at: Generated<Date | null>;
}

export interface EventTable {
  sequence: Generated<number>;
  id: string;
  account_id: string;
  mode: Mode;
  type: string;
  subject: string;
  data: Json<Record<string, unknown>>;
  created_at: Date;
}

export interface WebhookSecretTable {
  id: string;
  account_id: string;
  secret_encrypted: Buffer;
  created_at: Date;
  /** Set by a roll: the older secret signs too until then. */
  expires_at: Date | null;
}

export interface WebhookOriginTable {
  id: string;
  account_id: string;
  origin: string;
  failing_since: Date | null;
  disabled_at: Date | null;
}

export interface DeliveryTable {
  id: string;
  event_id: string;
  account_id: string;
  mode: Mode;
  origin_id: string;
  url: string;
  dialect: string;
  status: 'pending' | 'delivered' | 'failed';
  attempts: Generated<number>;
  next_at: Date | null;
  node_id: number | null;
  created_at: Date;
  delivered_at: Date | null;
  /** The registered endpoint that it is for; its secret signs. */
  endpoint_id: Generated<string | null>;
}

export interface DeliveryAttemptTable {
  delivery_id: string;
  attempt: number;
  at: Date;
  duration_ms: number;
  status_code: number | null;
  error: string | null;
  response_excerpt: string | null;
}

export interface IdempotencyKeyTable {
  account_id: string;
  mode: Mode;
  route: string;
  key: string;
  body_hash: Buffer;
  status: number;
  reply: string;
  created_at: Date;
}

export type VerificationStatus = 'pending' | 'calling' | 'delivered' | 'verified' | 'failed' | 'expired' | 'locked';

export interface VerificationTable {
  id: string;
  account_id: string;
  mode: Mode;
  to_number: string;
  /** Its calling code, without plus. */
  country: string;
  channel: 'voice' | 'sms';
  status: VerificationStatus;
  client_supplied: boolean;
  /** Once it is verified its number is, too. */
  proves_number: Generated<boolean>;
  /** HMAC-SHA256 under a key of the installation. */
  code_hash: Buffer;
  /** Until the call that speaks it has ended. */
  code_encrypted: Buffer | null;
  /** As asked for and as spoken, BCP 47. */
  language: string;
  language_used: string;
  attempts_left: number;
  call_id: string | null;
  message_id: Generated<string | null>;
  reason: string | null;
  /** False: it never left, and so does not count in the caps. */
  counted: Generated<boolean>;
  created_at: Date;
  expires_at: Date;
  delivered_at: Date | null;
  verified_at: Date | null;
  ended_at: Date | null;
}

export interface VerificationPolicyTable {
  /** Null: the ceiling for a destination over all accounts. */
  account_id: string | null;
  settings: Json<Record<string, unknown>>;
  updated_at: Date;
}

export interface UserTable {
  id: string;
  account_id: string;
  mode: Mode;
  name: string;
  email: string | null;
  role: 'owner' | 'admin' | 'member';
  phones: string[];
  first_name: Generated<string | null>;
  last_name: Generated<string | null>;
  created_at: Date;
  updated_at: Date;
}

export interface UserGroupTable {
  id: string;
  account_id: string;
  mode: Mode;
  name: string;
  created_at: Date;
  updated_at: Date;
}

export interface UserGroupMemberTable {
  group_id: string;
  user_id: string;
  position: number;
}

export interface ContactTable {
  id: string;
  account_id: string;
  mode: Mode;
  phone: string;
  name: string | null;
  company: string | null;
  email: string | null;
  city: string | null;
  region: string | null;
  country: string | null;
  first_name: Generated<string | null>;
  last_name: Generated<string | null>;
  external_id: Generated<string | null>;
  /** IANA. */
  time_zone: Generated<string | null>;
  fields: ColumnType<Record<string, string>, string | undefined, string>;
  tags: Generated<string[]>;
  /** Of `phone`; others of the same person stand beside it. */
  phone_label: Generated<string | null>;
  other_numbers: ColumnType<LabelledNumber[], string | undefined, string>;
  other_emails: Generated<string[]>;
  created_at: Date;
  updated_at: Date;
}

export interface SpeechFileTable {
  id: string;
  account_id: string;
  mode: Mode;
  token_hash: Buffer;
  /** Relative to the folder of spoken files. */
  file: string;
  format: string;
  bytes: number;
  duration_ms: number;
  created_at: Date;
  expires_at: Date;
}

export interface WalletTable {
  account_id: string;
  /** Minor units that can be spent. */
  balance: Generated<number>;
  held: Generated<number>;
  owed: Generated<number>;
}

export interface LedgerEntryTable {
  id: string;
  sequence: Generated<number>;
  account_id: string;
  kind: 'credit' | 'postpaid' | 'hold' | 'release' | 'charge';
  amount: number;
  balance_after: number;
  reference: string | null;
  part: Generated<number>;
  unit: string | null;
  /** pg gives a numeric as text. */
  quantity: ColumnType<string | null, number | string | null, never>;
  price: ColumnType<string | null, string | null, never>;
  note: string | null;
  created_at: Date;
}

export interface PriceTable {
  account_id: string | null;
  unit: string;
  amount: ColumnType<string, string, string>;
  updated_at: Date;
}

export interface WebhookEndpointTable {
  id: string;
  account_id: string;
  mode: Mode;
  url: string;
  dialect: string;
  /** As the door calls them, and as core does. */
  events: string[];
  event_types: string[];
  /** Of a dialect whose endpoints are told of one event each: that one; else empty. */
  of_event: Generated<string>;
  secret_encrypted: Buffer | null;
  description: string | null;
  enabled: Generated<boolean>;
  /** It is told of this site alone; null: of what belongs to no site. */
  site_id: Generated<string | null>;
  created_at: Date;
  updated_at: Date;
}

export interface SenderPaceTable {
  account_id: string;
  mode: Mode;
  sender: string;
  next_segment_at: Date;
}

export interface VerifiedNumberTable {
  account_id: string;
  mode: Mode;
  number: string;
  verification_id: string | null;
  verified_at: Date;
}

export interface CarrierTable {
  id: string;
  /** Null: the installation's. */
  account_id: string | null;
  name: string;
  kind: CarrierKind;
  settings: ColumnType<Record<string, unknown>, string | undefined, string>;
  /** JSON of its secrets. */
  secrets_encrypted: Buffer | null;
  prefixes: Generated<string[]>;
  senders: Generated<string[]>;
  priority: Generated<number>;
  segments_per_second: Generated<number>;
  next_segment_at: Generated<Date | null>;
  created_at: Date;
  updated_at: Date;
}

export interface CarrierStateTable {
  carrier_id: string;
  up: boolean;
  detail: string;
  /** When it became up or down. */
  since: Date;
}

export interface RegistrationTable {
  id: string;
  account_id: string;
  mode: Mode;
  kind: 'brand' | 'campaign';
  brand_id: string | null;
  name: string;
  type: string | null;
  state: 'draft' | 'pending' | 'active' | 'rejected' | 'expired';
  segments_per_minute: number | null;
  segments_per_day: number | null;
  details: ColumnType<Record<string, unknown>, string | undefined, string>;
  created_at: Date;
  updated_at: Date;
}

export interface RegistrationNumberTable {
  account_id: string;
  mode: Mode;
  number: string;
  registration_id: string;
}

export interface SendingCountTable {
  scope: string;
  starts_at: Date;
  count: number;
}

export type MessageStatus =
  'queued' | 'sending' | 'sent' | 'delivered' | 'undelivered' | 'failed' | 'unknown' | 'canceled' | 'received';

export interface MessageTable {
  id: string;
  account_id: string;
  mode: Mode;
  direction: 'out' | 'in';
  purpose: string;
  priority: number;
  status: MessageStatus;
  from_address: string;
  to_address: string;
  /** Null once it was erased. */
  text: string | null;
  encoding: string;
  segments: number;
  reference: Generated<number>;
  /** Goes out although the person opted out. */
  confirmation: Generated<boolean>;
  metadata: Json<Record<string, unknown>> | null;
  webhook_url: string | null;
  dialect: string;
  batch_id: Generated<string | null>;
  campaign_id: Generated<string | null>;
  recipient: Generated<number | null>;
  try: Generated<number | null>;
  created_at: Date;
  due_at: Date;
  scheduled_at: Generated<Date | null>;
  expires_at: Date;
  sending_at: Generated<Date | null>;
  sent_at: Generated<Date | null>;
  ended_at: Generated<Date | null>;
  attempts: Generated<number>;
  /** How often nobody knew whether a carrier had taken it; more than 0: it may have left. */
  unsure_tries: Generated<number>;
  carrier_id: Generated<string | null>;
  /** Those that refused it. */
  tried_carriers: Generated<string[]>;
  node_id: Generated<number | null>;
  reason: Generated<string | null>;
  carrier_code: Generated<string | null>;
  carrier_detail: Generated<string | null>;
  /** Of an incoming one: when somebody read it. */
  read_at: Generated<Date | null>;
  /** Who of the account wrote it. */
  user_id: Generated<string | null>;
  /** A change that none of its other moments tells of, or takes back. */
  changed_at: Generated<Date | null>;
  /** Taken out of its conversation for good. */
  removed_at: Generated<Date | null>;
  /** How many pictures and files go with it, or came. */
  attachments: Generated<number>;
}

export interface MessagePartTable {
  message_id: string;
  /** 1-based. */
  part: number;
  status: 'sent' | 'delivered' | 'undelivered' | 'failed' | 'unknown';
  carrier_id: string;
  their_id: string | null;
  code: string | null;
  sent_at: Date;
  updated_at: Date;
}

export interface EarlyReceiptTable {
  id: Generated<number>;
  carrier_id: string;
  their_id: string;
  receipt: Json<Receipt>;
  received_at: Date;
}

export interface IncomingPartTable {
  account_id: string;
  mode: Mode;
  carrier_id: string;
  from_address: string;
  to_address: string;
  reference: number;
  part: number;
  of: number;
  text: string;
  received_at: Date;
}

export interface IncomingIdTable {
  carrier_id: string;
  their_id: string;
  received_at: Date;
}

export interface ContactListTable {
  id: string;
  account_id: string;
  mode: Mode;
  name: string;
  created_at: Date;
  updated_at: Date;
}

export interface ContactListMemberTable {
  list_id: string;
  contact_id: string;
  added_at: Date;
}

export interface ContactConsentTable {
  id: string;
  account_id: string;
  mode: Mode;
  contact_id: string;
  channel: 'voice' | 'sms';
  state: 'granted' | 'revoked';
  basis: string | null;
  source: string;
  created_at: Date;
}

export interface ContactTombstoneTable {
  id: string;
  account_id: string;
  mode: Mode;
  external_id: string | null;
  deleted_at: Date;
}

export interface UploadTable {
  id: string;
  account_id: string;
  mode: Mode;
  /** Relative to the folder of uploads. */
  file: string;
  name: string | null;
  bytes: number;
  created_at: Date;
  expires_at: Date;
}

export interface ImportTable {
  id: string;
  account_id: string;
  mode: Mode;
  kind: 'contacts' | 'recipients' | 'opt_outs';
  upload_id: string;
  /** The campaign or the list that it fills. */
  target_id: string | null;
  options: ColumnType<Record<string, unknown>, string | undefined, string>;
  status: 'queued' | 'running' | 'completed' | 'failed' | 'canceled';
  bytes: number;
  bytes_read: Generated<number>;
  rows_read: Generated<number>;
  rows_created: Generated<number>;
  rows_changed: Generated<number>;
  rows_duplicate: Generated<number>;
  rows_refused: Generated<number>;
  refused_file: Generated<string | null>;
  error: Generated<string | null>;
  node_id: Generated<number | null>;
  cancel_requested_at: Generated<Date | null>;
  created_at: Date;
  started_at: Generated<Date | null>;
  /** From then on it cannot be canceled. */
  applying_at: Generated<Date | null>;
  ended_at: Generated<Date | null>;
}

export interface ImportRowTable {
  import_id: string;
  line: number;
  phone: string;
  data: Json<Record<string, unknown>>;
  refused: Generated<string | null>;
  refused_column: Generated<string | null>;
}

export type CampaignStatus = 'draft' | 'scheduled' | 'running' | 'paused' | 'completed' | 'canceled';

export interface CampaignTable {
  id: string;
  account_id: string;
  mode: Mode;
  name: string;
  channel: 'voice' | 'sms';
  purpose: 'transactional' | 'marketing';
  status: CampaignStatus;
  /** One number, or a pool. */
  senders: string[];
  content: Json<CampaignContent>;
  calling_hours: Json<CallingHours> | null;
  /** IANA; of recipients whose zone is not known. */
  time_zone: string | null;
  retry: ColumnType<RetryPolicy, string | undefined, string>;
  calls_per_second: number | null;
  max_concurrent: number | null;
  webhook_url: string | null;
  dialect: string;
  metadata: Json<Record<string, unknown>> | null;
  recipients: Generated<number>;
  starts_at: Date | null;
  ends_at: Date | null;
  /** When it is looked at next; null: nothing is left to do. */
  next_at: Generated<Date | null>;
  /** When the pace allows the next recipient. */
  paced_at: Generated<Date | null>;
  /** Its recipients are still being written: out of a list, up to `loaded_to`, or out of an import. */
  loading: Generated<boolean>;
  list_id: Generated<string | null>;
  loaded_to: Generated<string | null>;
  import_id: Generated<string | null>;
  /** Why nothing moves. */
  reason: Generated<string | null>;
  moved_at: Generated<Date | null>;
  created_at: Date;
  started_at: Generated<Date | null>;
  ended_at: Generated<Date | null>;
  /** When what the recipients' rows say of people was forgotten. */
  forgotten_at: Generated<Date | null>;
}

export interface CampaignRecipientTable {
  campaign_id: string;
  /** From 1. */
  position: number;
  phone: string;
  contact_id: string | null;
  variables: ColumnType<Record<string, string>, string | undefined, string>;
  time_zone: string | null;
  consent: string | null;
  metadata: Json<Record<string, unknown>> | null;
  status: 'waiting' | 'active' | 'done' | 'skipped';
  outcome: Generated<string | null>;
  reason: Generated<string | null>;
  tries: Generated<number>;
  due_at: Date | null;
  last_id: Generated<string | null>;
  ended_at: Generated<Date | null>;
}

export interface RoutingObjectTable {
  account_id: string;
  mode: Mode;
  kind: RoutingKind;
  /** 0 of what there is only one of. */
  id: Generated<number>;
  body: Json<unknown>;
  created_at: Date;
  updated_at: Date;
}

export interface RoutingVersionTable {
  account_id: string;
  mode: Mode;
  version: number;
  author: string;
  summary: string;
  changes: Json<RoutingChange[]>;
  rolled_back_to: Generated<number | null>;
  created_at: Date;
}

export interface RoutingStampTable {
  account_id: string;
  mode: Mode;
  /** Of no order: another one means that something changed. */
  stamp: string;
}

export interface RingGroupTurnTable {
  account_id: string;
  mode: Mode;
  group_id: number;
  device_id: number;
  rung_at: Date;
  answered_at: Generated<Date | null>;
}

export interface SoundTable {
  id: Generated<number>;
  account_id: string;
  mode: Mode;
  name: string;
  /** Relative to the folder of recordings. */
  file: string;
  bytes: number;
  duration_ms: number;
  created_at: Date;
}

export interface BlockedNumberTable {
  id: Generated<number>;
  account_id: string;
  mode: Mode;
  number: string;
  note: string | null;
  created_at: Date;
}

export interface MailboxPinTable {
  mailbox_id: number;
  account_id: string;
  pin_hash: string;
  failures: Generated<number>;
  locked_until: Generated<Date | null>;
  updated_at: Date;
}

export interface VoiceMessageTable {
  id: string;
  account_id: string;
  mode: Mode;
  mailbox_id: number;
  call_id: string | null;
  /** Ours that was called; who called, or `anonymous`. */
  phone_number: string;
  caller_number: string;
  caller_name: string | null;
  /** Relative to the folder of recordings. */
  file: string;
  bytes: number;
  duration_ms: number;
  transcript: string | null;
  transcription: 'off' | 'pending' | 'done' | 'failed';
  transcribe_at: Date | null;
  transcribe_attempts: Generated<number>;
  read_at: Generated<Date | null>;
  created_at: Date;
  updated_at: Date;
}

export interface EmailTable {
  id: string;
  account_id: string;
  /** In whose name it is; null: of the platform itself. */
  site_id: Generated<string | null>;
  about: Generated<string | null>;
  to_address: string;
  subject: string;
  body: string;
  attachment_file: Generated<string | null>;
  attachment_name: Generated<string | null>;
  status: 'pending' | 'sent' | 'failed';
  attempts: Generated<number>;
  next_at: Date | null;
  node_id: Generated<number | null>;
  error: Generated<string | null>;
  created_at: Date;
  ended_at: Generated<Date | null>;
  /** A letter of test mode is handed to nobody. */
  mode: Generated<Mode>;
  /** Where its reader goes to get no more (RFC 8058). */
  unsubscribe_url: Generated<string | null>;
  reply_to: Generated<string | null>;
}

/** Told, and not over. */
export interface TroubleTable {
  kind: string;
  subject: string;
  /** Null: the installation's. */
  account_id: string | null;
  since: Date;
}

export interface TombstoneTable {
  account_id: string;
  mode: Mode;
  kind: 'call' | 'message' | 'voice_message';
  id: string;
  deleted_at: Date;
}

/** How many calls of the history a whole day (UTC) has. */
export interface CallDayTable {
  account_id: string;
  mode: Mode;
  /** `2026-11-22`. */
  day: ColumnType<string, string, never>;
  our_number: string;
  direction: 'out' | 'in';
  result: 'answered' | 'missed' | 'hangup';
  calls: number;
}

export interface CallDaysCountedTable {
  account_id: string;
  mode: Mode;
  /** Days before this one are counted. */
  before: ColumnType<string, string, string>;
}

export interface CallStepTable {
  call_id: string;
  position: number;
  type: string;
  description: string;
  at: Date;
}

export interface CallUserTable {
  user_id: string;
  call_id: string;
}

export interface ConversationTable {
  account_id: string;
  mode: Mode;
  our_number: string;
  their_number: string;
  last_message_id: string;
  last_message_at: Date;
  unread_count: Generated<number>;
  updated_at: Date;
}

export interface MessageAttachmentTable {
  id: string;
  /** Null: it was handed in, and goes with no text yet. */
  message_id: string | null;
  account_id: string;
  mode: Mode;
  /** In its text, from 0. */
  position: Generated<number>;
  /** Relative to the folder of uploads. */
  file: string;
  media_type: string;
  /** 0 until it is there. */
  bytes: number;
  /** `pending`: being written, or still to be fetched; `failed`: it could not be. */
  status: 'pending' | 'kept' | 'failed';
  /** Of what is still to be fetched, with its tries. */
  url: Generated<string | null>;
  attempts: Generated<number>;
  next_at: Generated<Date | null>;
  error: Generated<string | null>;
  created_at: Date;
  /** Of one that goes with no text. */
  expires_at: Generated<Date | null>;
}

export interface PlanTable {
  id: Generated<number>;
  name: string;
  display_name: string;
  /** Minor units. */
  monthly_price: number;
  included_users: number | null;
  /** How many are included; null: as many as there are. */
  features: Json<Record<string, number | null>>;
}

export interface ApiAccessRequestTable {
  id: string;
  account_id: string | null;
  account_name: string;
  name: string;
  email: string;
  use_case: string;
  status: 'waiting' | 'granted' | 'refused';
  created_at: Date;
  decided_at: Generated<Date | null>;
}

export type ReferralCampaignKind = (typeof CAMPAIGN_KINDS)[number];
export type OriginKind = (typeof ORIGIN_KINDS)[number];
export type ReferralStatus = (typeof REFERRAL_STATUSES)[number];
export type RewardStatus = (typeof REWARD_STATUSES)[number];
export type RewardReason = (typeof REWARD_REASONS)[number];
export type RewardKind = (typeof REWARD_KINDS)[number];

export interface SiteTable {
  id: string;
  account_id: string;
  mode: Mode;
  slug: string;
  name: string;
  url: string;
  /** ISO 4217; amounts are in its minor units. */
  currency: string;
  time_zone: string;
  /** What pages of the shop show: it names the site, and allows nothing. */
  public_id: string;
  /** Signs webhooks and the identity of visitors. */
  security_key_encrypted: Buffer;
  /** What differs from the defaults: core/sites/site-settings.ts. */
  settings: ColumnType<Partial<SiteSettings>, string | undefined, string>;
  created_at: Date;
  updated_at: Date;
}

export interface SiteHourTable {
  site_id: string;
  hour: Date;
  used_ms: Generated<number>;
  requests: Generated<number>;
  throttled: Generated<number>;
}

export interface ReferralCampaignTable {
  id: Generated<number>;
  site_id: string;
  slug: string;
  name: string;
  kind: ReferralCampaignKind;
  status: (typeof CAMPAIGN_STATUSES)[number];
  tags: Generated<string[]>;
  /** It is not open before the one, nor from the other on. */
  starts_at: Generated<Date | null>;
  ends_at: Generated<Date | null>;
  settings: Json<ReferralCampaignSettings>;
  created_at: Date;
  updated_at: Date;
}

export interface CouponListTable {
  id: Generated<number>;
  site_id: string;
  name: string;
  /** One of the two: minor units, or hundredths of a per cent. */
  amount: Generated<number | null>;
  percentage: Generated<number | null>;
  description: Generated<string | null>;
  /** Whether each code is for one person alone; else all get the same one. */
  single_use: boolean;
  /** Of a code that is for many; null: without end. */
  usage_limit: Generated<number | null>;
  /** The end of its codes, whichever comes first: a moment, also for those that are out; so many days after the hand-out. */
  expires_at: Generated<Date | null>;
  valid_days: Generated<number | null>;
  /** Codes are made up with it as they are needed; null: they are handed in, or asked for by webhook. */
  prefix: Generated<string | null>;
  /** When fewer are left, the shop is asked for more; null: by how many were handed out lately. */
  refill_below: Generated<number | null>;
  refill_asked_at: Generated<Date | null>;
  created_at: Date;
  updated_at: Date;
}

export interface SitePersonTable {
  id: Generated<number>;
  site_id: string;
  /** Lower case. */
  email: Generated<string | null>;
  /** The mailbox behind it: without what follows a plus, and without the dots that its provider does not read. */
  mailbox: Generated<string | null>;
  /** E.164. */
  phone: Generated<string | null>;
  username: Generated<string | null>;
  customer_id: Generated<string | null>;
  first_name: Generated<string | null>;
  last_name: Generated<string | null>;
  /** Both, as they are looked for: core/site-people/name-key.ts. */
  name_key: Generated<string | null>;
  properties: ColumnType<Record<string, string>, string | undefined, string>;
  /** What they chose of letters, and when. */
  sub_choice: Generated<string | null>;
  subscribed_at: Generated<Date | null>;
  opted_in_at: Generated<Date | null>;
  unsubscribed_at: Generated<Date | null>;
  anonymized_at: Generated<Date | null>;
  created_at: Date;
  updated_at: Date;
}

export interface VisitorTable {
  site_id: string;
  uuid: string;
  person_id: Generated<number | null>;
  created_at: Date;
}

export interface VisitorPersonTable {
  site_id: string;
  uuid: string;
  person_id: number;
  created_at: Date;
}

export interface OriginTable {
  id: Generated<number>;
  site_id: string;
  kind: OriginKind;
  /** Of an event; else empty. */
  category: Generated<string>;
  /** Of an order or an event; of an affiliate member their id. */
  number: string;
  person_id: number;
  /** Of what makes it the same: another one of this number with another digest is refused. */
  digest: Buffer;
  /** Minor units of the site's currency. */
  subtotal: Generated<number | null>;
  coupon_codes: Generated<string[]>;
  items: ColumnType<OriginItem[], string | undefined, string>;
  shipping_address: Generated<string | null>;
  shipping_zip: Generated<string | null>;
  /** The address in one way of writing. */
  shipping_key: Generated<string | null>;
  visitor: Generated<string | null>;
  ip: Generated<string | null>;
  user_agent: Generated<string | null>;
  traffic_source: Generated<string | null>;
  /** Segments and utm_…: what the shop says of where it came from. */
  labels: ColumnType<Record<string, string>, string | undefined, string>;
  tags: Generated<string[]>;
  /** When it happened, as the shop says. */
  happened_at: Date;
  created_at: Date;
  refunded_at: Generated<Date | null>;
  refunded: Generated<number | null>;
}

export interface OfferTable {
  id: Generated<number>;
  site_id: string;
  campaign_id: number;
  person_id: number;
  /** The origin that it was first made for. */
  origin_id: number;
  /** In links. */
  code: string;
  traffic_source: Generated<string | null>;
  /** Until when friends may come by it; null: without end. */
  expires_at: Generated<Date | null>;
  created_at: Date;
}

export interface VisitorOfferTable {
  id: Generated<number>;
  site_id: string;
  offer_id: number;
  visitor: string;
  visited_at: Generated<Date | null>;
  created_at: Date;
}

export interface ShareTable {
  id: Generated<number>;
  site_id: string;
  offer_id: number;
  /** 'email' is by letters; others are links for the advocate's own hands. */
  channel: string;
  /** In its own link. */
  code: string;
  created_at: Date;
}

export interface ShareRecipientTable {
  share_id: number;
  site_id: string;
  offer_id: number;
  /** Lower case. Null once it was erased. */
  email: Generated<string | null>;
  sent_at: Date;
  reminder_at: Generated<Date | null>;
}

export interface EmailOptOutTable {
  site_id: string;
  hash: Buffer;
  at: Date;
}

export interface OfferClaimTable {
  id: Generated<number>;
  site_id: string;
  offer_id: number;
  share_id: Generated<number | null>;
  channel: string;
  /** As the browser is known here, and as pages of the shop know it. */
  visitor: Generated<string | null>;
  shop_visitor: Generated<string | null>;
  /** Once they said who they are. */
  person_id: Generated<number | null>;
  ip: Generated<string | null>;
  /** Of the address: core/network.ts. */
  network: Generated<string | null>;
  user_agent: Generated<string | null>;
  /** Until when a purchase counts; null: without end. */
  expires_at: Generated<Date | null>;
  created_at: Date;
}

export interface BrowserClaimTable {
  id: Generated<number>;
  site_id: string;
  visitor: string;
  kind: 'identity' | 'purchase' | 'event';
  category: Generated<string>;
  /** Of an order or an event; of an identity the address. */
  number: string;
  data: Json<Record<string, unknown>>;
  created_at: Date;
}

export interface ReferralTable {
  id: Generated<number>;
  site_id: string;
  campaign_id: number;
  offer_id: number;
  advocate_id: number;
  friend_id: number;
  /** An origin is referred once. */
  origin_id: number;
  claim_id: Generated<number | null>;
  channel: Generated<string | null>;
  status: ReferralStatus;
  track_method: string;
  /** What every fraud check found, and what follows from it. */
  fraud: Json<FraudFinding[]>;
  /** When it is decided by itself; null: it is decided, or waits for somebody. */
  decides_at: Generated<Date | null>;
  decided_by: Generated<string | null>;
  /** An approved one whose rewards wait until the shop has heard of it: the event. */
  awaits_event: Generated<string | null>;
  created_at: Date;
  updated_at: Date;
}

export interface CouponTable {
  id: Generated<number>;
  site_id: string;
  list_id: number;
  /** Upper case. */
  code: string;
  /** Whose it is; null: nobody's yet, or everybody's. */
  person_id: Generated<number | null>;
  issued_at: Generated<Date | null>;
  /** By `valid_days` of its list; it ends with its list at the latest. */
  expires_at: Generated<Date | null>;
  used_at: Generated<Date | null>;
  usages: Generated<number>;
  voided_at: Generated<Date | null>;
  created_at: Date;
}

export interface RewardTable {
  id: Generated<number>;
  site_id: string;
  campaign_id: number;
  offer_id: Generated<number | null>;
  referral_id: Generated<number | null>;
  claim_id: Generated<number | null>;
  origin_id: Generated<number | null>;
  person_id: Generated<number | null>;
  visitor: Generated<string | null>;
  reason: RewardReason;
  /** What it is for, so that it is given once. */
  once: string;
  status: RewardStatus;
  incentive: string;
  kind: RewardKind;
  /** Minor units, or hundredths of a per cent. */
  amount: Generated<number | null>;
  percentage: Generated<number | null>;
  description: Generated<string | null>;
  custom_description: Generated<string | null>;
  coupon_list_id: Generated<number | null>;
  coupon_id: Generated<number | null>;
  /** Whether its code is the same for everybody. */
  coupon_shared: Generated<boolean>;
  /** When the shop was asked for a code for it; null: never. */
  asked_at: Generated<Date | null>;
  /** How many approved referrals it was given for; null: its incentive counts none. */
  milestone: Generated<number | null>;
  /** Why it was not given, or taken back. */
  void_reason: Generated<string | null>;
  created_at: Date;
  paid_at: Generated<Date | null>;
  voided_at: Generated<Date | null>;
}

export interface OriginBatchTable {
  /** When it last had its turn. */
  worked_at: Generated<Date | null>;
  id: string;
  site_id: string;
  kind: OriginKind;
  create_offers: boolean;
  total: number;
  done: Generated<number>;
  failed: Generated<number>;
  node_id: Generated<number | null>;
  created_at: Date;
  ended_at: Generated<Date | null>;
}

export interface OriginBatchRowTable {
  batch_id: string;
  /** 0-based, as in the request. */
  row: number;
  /** Null once it was worked on. */
  data: Json<Record<string, unknown>> | null;
  origin_id: Generated<number | null>;
  error: Generated<string | null>;
  field: Generated<string | null>;
  /** Of the refusal. */
  code: Generated<string | null>;
}

export interface LoyaltyMemberTable {
  id: Generated<number>;
  site_id: string;
  person_id: number;
  campaign_id: Generated<number | null>;
  active: boolean;
  balance: Generated<number>;
  /** Birthdays and the like: {identifier: date}. */
  dates: ColumnType<Record<string, string>, string | undefined, string>;
  created_at: Date;
  updated_at: Date;
}

export interface LoyaltyActionTable {
  id: Generated<number>;
  member_id: number;
  kind: 'collect' | 'redeem' | 'adjust' | 'take_back';
  /** The action's identifier in its campaign. */
  action: Generated<string | null>;
  points: number;
  balance_after: number;
  /** What it was for, so that it is given once; null: as often as it is done. */
  once: Generated<string | null>;
  details: ColumnType<Record<string, unknown>, string | undefined, string>;
  origin_id: Generated<number | null>;
  coupon_id: Generated<number | null>;
  /** Who adjusted it. */
  actor: Generated<string | null>;
  created_at: Date;
}

export interface RedemptionBatchTable {
  id: Generated<number>;
  campaign_id: number;
  coupon_list_id: number;
  description: string;
  points_cost: number;
  position: number;
  removed_at: Generated<Date | null>;
}

export interface AssetTable {
  id: Generated<number>;
  site_id: string;
  name: string;
  content_type: string;
  bytes: number;
  width: Generated<number | null>;
  height: Generated<number | null>;
  /** Of its bytes, in its address. */
  fingerprint: string;
  /** Relative to the folder of uploads. */
  file: string;
  created_at: Date;
  updated_at: Date;
}
