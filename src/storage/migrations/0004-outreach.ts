import { sql, type Kysely } from 'kysely';

/** Texts and those who carry them, opt-outs with their history, address books with lists, imports, campaigns. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  // 'development': calls and texts go to verified numbers only. The policy: what the account does otherwise than usual.
  `alter table accounts
    add column stage text not null default 'production' check (stage in ('development', 'production')),
    add column outreach_policy jsonb not null default '{}'`,

  // Where texts come from may also be a short code, or letters (rule 1). The pace is in segments.
  `alter table numbers
    add column kind text not null default 'e164' check (kind in ('e164', 'short_code', 'alphanumeric')),
    add column segments_per_second double precision not null default 1 check (segments_per_second > 0)`,
  // When a sender may send again; in a row, so that it is exact over all processes.
  `create table sender_paces (
    account_id text not null references accounts on delete cascade,
    mode text not null,
    sender text not null,
    next_segment_at timestamptz not null,
    primary key (account_id, mode, sender)
  )`,
  `alter table verifications add column proves_number boolean not null default false`,
  // Proven by a code: may be called and texted in development, and be where calls come from.
  `create table verified_numbers (
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    number text not null,
    verification_id text,
    verified_at timestamptz not null,
    primary key (account_id, mode, number)
  )`,

  // Of an account, or of the installation.
  `create table carriers (
    id text primary key,
    account_id text references accounts on delete cascade,
    name text not null unique,
    kind text not null check (kind in ('smpp', 'http', 'twilio', 'telnyx')),
    settings jsonb not null default '{}',
    secrets_encrypted bytea,
    prefixes text[] not null default '{}',
    -- The only senders that it takes; none: all.
    senders text[] not null default '{}',
    priority integer not null default 100,
    segments_per_second double precision not null default 10 check (segments_per_second > 0),
    next_segment_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null
  )`,
  `create table carrier_states (
    carrier_id text primary key references carriers on delete cascade,
    up boolean not null,
    detail text not null,
    since timestamptz not null
  )`,

  // Who sends what over which numbers, as registered with the networks (rule 6).
  `create table registrations (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    kind text not null check (kind in ('brand', 'campaign')),
    brand_id text references registrations on delete cascade,
    name text not null,
    -- Of a campaign: it sets the caps.
    type text,
    state text not null check (state in ('draft', 'pending', 'active', 'rejected', 'expired')),
    -- What differs from the caps of the type.
    segments_per_minute integer,
    segments_per_day integer,
    details jsonb not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null
  )`,
  `create index registrations_account on registrations (account_id, mode, id)`,
  `create table registration_numbers (
    account_id text not null,
    mode text not null,
    number text not null,
    registration_id text not null references registrations on delete cascade,
    primary key (account_id, mode, number)
  )`,
  // What was sent within a minute or a day of the account's zone; counted where it is claimed, so it is exact.
  `create table sending_counts (
    scope text not null,
    starts_at timestamptz not null,
    count bigint not null,
    primary key (scope, starts_at)
  )`,

  `create table messages (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    direction text not null check (direction in ('out', 'in')),
    purpose text not null,
    priority smallint not null,
    status text not null check (status in ('queued', 'sending', 'sent', 'delivered', 'undelivered', 'failed', 'unknown',
      'canceled', 'received')),
    from_address text not null,
    to_address text not null,
    -- Null once it was erased.
    text text,
    encoding text not null,
    segments smallint not null,
    -- The same in all its parts.
    reference smallint not null default 0,
    -- Goes out although the person opted out: the one answer to an opt-out (rule 4).
    confirmation boolean not null default false,
    metadata jsonb,
    webhook_url text,
    dialect text not null,
    batch_id text,
    campaign_id text,
    recipient integer,
    try smallint,
    created_at timestamptz not null,
    due_at timestamptz not null,
    scheduled_at timestamptz,
    -- Not sent later than this.
    expires_at timestamptz not null,
    sending_at timestamptz,
    sent_at timestamptz,
    ended_at timestamptz,
    attempts smallint not null default 0,
    carrier_id text,
    -- Those that refused it.
    tried_carriers text[] not null default '{}',
    node_id integer,
    reason text,
    -- As the carrier or the network says it.
    carrier_code text,
    carrier_detail text
  )`,
  `create index messages_account on messages (account_id, mode, id)`,
  `create index messages_to on messages (account_id, mode, to_address, id)`,
  `create index messages_from on messages (account_id, mode, from_address, id)`,
  // By sender, for each has a pace of its own: one look finds the first of the next sender, however many wait.
  `create index messages_due on messages (account_id, mode, from_address, priority, due_at, id) where status = 'queued'`,
  // What texts said is kept for a while only.
  `create index messages_bodies on messages (created_at) where text is not null`,
  `create index messages_expiry on messages (expires_at) where status = 'queued'`,
  `create index messages_leased on messages (node_id) where node_id is not null`,
  // A receipt without a known id looks here.
  `create index messages_unsure on messages (carrier_id, to_address) where status in ('sending', 'unknown')`,
  `create index messages_batch on messages (batch_id) where batch_id is not null`,
  // At most one text per recipient and try, whatever dies.
  `create unique index messages_recipient on messages (campaign_id, recipient, try) where campaign_id is not null`,
  // Of a code that is sent as a text; its row has no words of its own.
  `alter table verifications add column message_id text`,
  `create index verifications_message on verifications (message_id) where message_id is not null`,
  `create table message_parts (
    message_id text not null references messages on delete cascade,
    part smallint not null,
    status text not null check (status in ('sent', 'delivered', 'undelivered', 'failed', 'unknown')),
    carrier_id text not null,
    -- Of the carrier; what receipts say.
    their_id text,
    code text,
    sent_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (message_id, part)
  )`,
  `create index message_parts_theirs on message_parts (carrier_id, their_id) where their_id is not null`,
  // Receipts that came before what they are for was known.
  `create table early_receipts (
    id bigint generated always as identity primary key,
    carrier_id text not null,
    their_id text not null,
    receipt jsonb not null,
    received_at timestamptz not null
  )`,
  `create index early_receipts_theirs on early_receipts (carrier_id, their_id)`,
  // Parts of incoming texts whose other parts have not come yet.
  `create table incoming_parts (
    carrier_id text not null,
    from_address text not null,
    to_address text not null,
    reference integer not null,
    part smallint not null,
    "of" smallint not null,
    text text not null,
    received_at timestamptz not null,
    primary key (carrier_id, from_address, to_address, reference, part)
  )`,
  `create index incoming_parts_late on incoming_parts (received_at)`,
  // What a carrier told already.
  `create table incoming_ids (
    carrier_id text not null,
    their_id text not null,
    received_at timestamptz not null,
    primary key (carrier_id, their_id)
  )`,
  `create index incoming_ids_old on incoming_ids (received_at)`,

  // By a keyed hash, so that an opt-out outlives everything else that is known of a person (rule 3).
  `alter table suppressions
    drop constraint suppressions_scope_check,
    add constraint suppressions_scope_check check (scope in ('marketing', 'outreach', 'all')),
    alter column address drop not null,
    add column address_hash bytea,
    add column message_id text,
    -- Set where an opt-out in free words waits for somebody to look at it.
    add column review_text text,
    add column reviewed_at timestamptz`,
  `create unique index suppressions_active_hash on suppressions (account_id, mode, address_hash, scope, channel)
    where lifted_at is null`,
  `create index suppressions_account on suppressions (account_id, mode, id)`,
  `create index suppressions_person on suppressions (account_id, mode, address_hash, id)`,
  `create index suppressions_review on suppressions (account_id, mode, id)
    where review_text is not null and reviewed_at is null and lifted_at is null`,

  `alter table contacts
    add column first_name text,
    add column last_name text,
    add column external_id text,
    add column time_zone text,
    add column fields jsonb not null default '{}',
    add column tags text[] not null default '{}'`,
  `create unique index contacts_external on contacts (account_id, mode, external_id) where external_id is not null`,
  `create index contacts_updated on contacts (account_id, mode, updated_at, id)`,
  `create index contacts_tags on contacts using gin (tags)`,
  `create table contact_lists (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    name text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
  )`,
  `create unique index contact_lists_name on contact_lists (account_id, mode, lower(name))`,
  `create table contact_list_members (
    list_id text not null references contact_lists on delete cascade,
    contact_id text not null references contacts on delete cascade,
    added_at timestamptz not null,
    primary key (list_id, contact_id)
  )`,
  `create index contact_list_members_contact on contact_list_members (contact_id)`,
  // What somebody agreed to and took back, in order; the last one of a channel holds.
  `create table contact_consents (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    contact_id text not null references contacts on delete cascade,
    channel text not null check (channel in ('voice', 'sms')),
    state text not null check (state in ('granted', 'revoked')),
    -- Where and how: 'web form of 2026-03-01'.
    basis text,
    source text not null,
    created_at timestamptz not null
  )`,
  `create index contact_consents_contact on contact_consents (contact_id, channel, id)`,
  // What was deleted and when, for those who keep a copy (rule 24).
  `create table contact_tombstones (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    external_id text,
    deleted_at timestamptz not null
  )`,
  `create index contact_tombstones_account on contact_tombstones (account_id, mode, deleted_at, id)`,

  // Files that were handed in, until something has read them.
  `create table uploads (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    file text not null,
    name text,
    bytes bigint not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
  )`,
  `create index uploads_expiry on uploads (expires_at)`,
  // The reading of a file, row by row, by one process at a time; begun anew when that one dies.
  `create table imports (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    kind text not null check (kind in ('contacts', 'recipients', 'opt_outs')),
    upload_id text not null,
    -- The campaign or the list that it fills.
    target_id text,
    options jsonb not null default '{}',
    status text not null check (status in ('queued', 'running', 'completed', 'failed', 'canceled')),
    bytes bigint not null,
    bytes_read bigint not null default 0,
    rows_read integer not null default 0,
    rows_created integer not null default 0,
    rows_changed integer not null default 0,
    -- Given again further down, where the later row counts.
    rows_duplicate integer not null default 0,
    rows_refused integer not null default 0,
    -- Rows that were refused, each with why; a CSV.
    refused_file text,
    error text,
    node_id integer,
    cancel_requested_at timestamptz,
    created_at timestamptz not null,
    started_at timestamptz,
    -- From then on it cannot be canceled: its rows are being written.
    applying_at timestamptz,
    ended_at timestamptz
  )`,
  `create index imports_account on imports (account_id, mode, id)`,
  `create index imports_open on imports (created_at) where status in ('queued', 'running')`,
  // Rows read and not yet applied; of no worth after a crash, for the import then begins anew.
  `create unlogged table import_rows (
    import_id text not null,
    line integer not null,
    phone text not null,
    data jsonb not null,
    -- Why it is not applied, and the column at fault; found when all rows were there.
    refused text,
    refused_column text,
    primary key (import_id, line)
  )`,

  `create table campaigns (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    name text not null,
    channel text not null check (channel in ('voice', 'sms')),
    purpose text not null check (purpose in ('transactional', 'marketing')),
    status text not null check (status in ('draft', 'scheduled', 'running', 'paused', 'completed', 'canceled')),
    -- One number, or a pool.
    senders text[] not null,
    -- What is said or written, and how; its shape: core/campaigns.
    content jsonb not null,
    -- Hours and days in the recipient's own time, and the zone of those without one.
    calling_hours jsonb,
    time_zone text,
    retry jsonb not null default '{}',
    calls_per_second double precision,
    max_concurrent integer,
    webhook_url text,
    dialect text not null,
    metadata jsonb,
    recipients integer not null default 0,
    starts_at timestamptz,
    ends_at timestamptz,
    -- When it is looked at next; null: nothing is left to do.
    next_at timestamptz,
    -- When the pace allows the next recipient.
    paced_at timestamptz,
    -- Its recipients are still being written: out of a list, up to this contact, or out of an import.
    loading boolean not null default false,
    list_id text,
    loaded_to text,
    import_id text,
    -- Why nothing moves, and since when something moved last.
    reason text,
    moved_at timestamptz,
    created_at timestamptz not null,
    started_at timestamptz,
    ended_at timestamptz
  )`,
  `create index campaigns_account on campaigns (account_id, mode, id)`,
  `create index campaigns_open on campaigns (next_at) where next_at is not null`,
  `create table campaign_recipients (
    campaign_id text not null references campaigns on delete cascade,
    -- Its place in the campaign, from 1.
    position integer not null,
    phone text not null,
    contact_id text,
    variables jsonb not null default '{}',
    -- Known of the person; null: every zone that the number can be in.
    time_zone text,
    consent text,
    metadata jsonb,
    status text not null check (status in ('waiting', 'active', 'done', 'skipped')),
    -- Of the last try, or why there was none.
    outcome text,
    reason text,
    tries smallint not null default 0,
    due_at timestamptz,
    -- The call or text of the last try.
    last_id text,
    ended_at timestamptz,
    primary key (campaign_id, position),
    unique (campaign_id, phone)
  )`,
  `create index campaign_recipients_due on campaign_recipients (campaign_id, due_at, position) where status = 'waiting'`,
  `create index campaign_recipients_active on campaign_recipients (campaign_id) where status = 'active'`,
  `create index campaign_recipients_phone on campaign_recipients (phone) where status in ('waiting', 'active')`,
  `alter table calls
    add column campaign_id text,
    add column recipient integer,
    add column try smallint`,
  // Each account's waiting calls by their turn, and those of each campaign by themselves.
  `create index calls_queues on calls (account_id, mode, priority, coalesce(campaign_id, ''), due_at)
    where status = 'queued' and node_id is null`,
  // At most one call per recipient and try, whatever dies.
  `create unique index calls_recipient on calls (campaign_id, recipient, try) where campaign_id is not null`,
  // What campaigns have handed out and nobody has taken yet.
  `create index calls_handed_out on calls (campaign_id) where campaign_id is not null and status = 'queued'`,
  `create index messages_handed_out on messages (campaign_id) where campaign_id is not null and status = 'queued'`,
];
