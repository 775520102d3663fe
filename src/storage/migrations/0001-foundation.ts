import { sql, type Kysely } from 'kysely';

/** Accounts, keys, numbers, trunks, phones, calls, events and their deliveries. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `create table accounts (
    id text primary key,
    name text not null unique,
    domain text not null unique,
    api_enabled boolean not null default true,
    limits jsonb not null default '{}',
    created_at timestamptz not null
  )`,

  // When the account may dial again; in a row, so that it is exact over all processes.
  `create table account_paces (
    account_id text not null references accounts on delete cascade,
    mode text not null,
    next_dial_at timestamptz not null,
    primary key (account_id, mode)
  )`,

  `create table api_keys (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    style text not null check (style in ('sidetone', 'telroi', 'talkroute')),
    scopes text[] not null,
    hash bytea not null unique,
    hint text not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    replaced_by text
  )`,
  `create index api_keys_account on api_keys (account_id, created_at)`,

  `create table audit_log (
    id text primary key,
    account_id text references accounts on delete cascade,
    actor text not null,
    action text not null,
    subject text not null,
    details jsonb not null default '{}',
    created_at timestamptz not null
  )`,
  `create index audit_log_account on audit_log (account_id, created_at)`,

  `create table trunks (
    id text primary key,
    account_id text references accounts on delete cascade,
    name text not null unique,
    uri text not null,
    username text,
    password_encrypted bytea,
    channels integer not null default 10 check (channels > 0),
    calls_per_second double precision not null default 1 check (calls_per_second > 0),
    next_dial_at timestamptz,
    created_at timestamptz not null
  )`,

  `create table phones (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    name text not null,
    password_encrypted bytea not null,
    created_at timestamptz not null,
    unique (account_id, name)
  )`,
  `create table phone_contacts (
    phone_id text not null references phones on delete cascade,
    uri text not null,
    transport text not null,
    address text not null,
    port integer not null,
    expires_at timestamptz not null,
    primary key (phone_id, uri)
  )`,

  `create table numbers (
    number text not null,
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    phone_id text references phones on delete set null,
    created_at timestamptz not null,
    primary key (account_id, mode, number)
  )`,
  // A live number rings at one place; in the sandbox every account may own the same one.
  `create unique index numbers_live on numbers (number) where mode = 'live'`,
  `create index numbers_phone on numbers (phone_id) where phone_id is not null`,

  // A node is one running process. It holds a session advisory lock on its id, so that its death is seen at once.
  `create table nodes (
    id integer generated always as identity primary key,
    host text not null,
    pid integer not null,
    started_at timestamptz not null
  )`,

  `create table calls (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    purpose text not null,
    priority smallint not null,
    status text not null check (status in ('queued', 'dialing', 'ringing', 'answered', 'completed', 'no_answer',
      'busy', 'rejected', 'failed', 'canceled', 'voicemail')),
    to_number text not null,
    from_number text not null,
    script jsonb not null,
    metadata jsonb,
    webhook_url text,
    dialect text not null,
    ring_timeout_seconds integer not null,
    max_duration_seconds integer not null,
    record boolean not null,
    created_at timestamptz not null,
    due_at timestamptz not null,
    scheduled_at timestamptz,
    dialing_at timestamptz,
    ringing_at timestamptz,
    answered_at timestamptz,
    ended_at timestamptz,
    attempts smallint not null default 0,
    put_backs smallint not null default 0,
    digits text not null default '',
    acted_digit text,
    amd_result text not null default 'unknown',
    reason text,
    sip_code smallint,
    sip_reason text,
    cancel_requested_at timestamptz,
    trunk_id text references trunks on delete set null,
    node_id integer
  )`,
  `create index calls_account on calls (account_id, mode, id)`,
  `create index calls_account_to on calls (account_id, mode, to_number, id)`,
  `create index calls_due on calls (priority, due_at) where status = 'queued' and node_id is null`,
  // The lease is the capacity slot: a call holds its node's lease from the claim until its terminal write.
  `create index calls_leased on calls (node_id, account_id, trunk_id) where node_id is not null`,

  `create table call_attempts (
    call_id text not null references calls on delete cascade,
    attempt smallint not null,
    leg text not null,
    target text not null,
    dialed_at timestamptz not null,
    ringing_at timestamptz,
    answered_at timestamptz,
    ended_at timestamptz,
    cause text,
    sip_code smallint,
    sip_reason text,
    rtp jsonb,
    primary key (call_id, attempt)
  )`,

  `create table recordings (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    mode text not null,
    call_id text not null references calls on delete cascade,
    file text not null,
    bytes bigint not null,
    duration_ms integer not null,
    created_at timestamptz not null,
    deleted_at timestamptz
  )`,
  `create index recordings_call on recordings (call_id)`,

  `create table suppressions (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    address text not null,
    scope text not null check (scope in ('outreach', 'all')),
    channel text not null check (channel in ('all', 'voice', 'sms')),
    source text not null,
    reason text,
    call_id text,
    created_at timestamptz not null,
    lifted_at timestamptz,
    lifted_reason text
  )`,
  `create unique index suppressions_active on suppressions (account_id, mode, address, scope, channel)
    where lifted_at is null`,

  `create table events (
    sequence bigint generated always as identity primary key,
    id text not null unique,
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    type text not null,
    subject text not null,
    data jsonb not null,
    created_at timestamptz not null
  )`,
  `create index events_account on events (account_id, mode, sequence)`,
  `create index events_subject on events (subject, sequence)`,

  `create table webhook_secrets (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    secret_encrypted bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz
  )`,
  `create index webhook_secrets_account on webhook_secrets (account_id, created_at)`,

  // An endpoint, for concurrency and for switching off, is an account and the origin of a URL (rule 30).
  `create table webhook_origins (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    origin text not null,
    failing_since timestamptz,
    disabled_at timestamptz,
    unique (account_id, origin)
  )`,

  `create table deliveries (
    id text primary key,
    event_id text not null references events (id) on delete cascade,
    account_id text not null references accounts on delete cascade,
    mode text not null,
    origin_id text not null references webhook_origins on delete cascade,
    url text not null,
    dialect text not null,
    status text not null check (status in ('pending', 'delivered', 'failed')),
    attempts integer not null default 0,
    next_at timestamptz,
    node_id integer,
    created_at timestamptz not null,
    delivered_at timestamptz
  )`,
  `create index deliveries_due on deliveries (origin_id, next_at) where status = 'pending' and node_id is null`,
  `create index deliveries_leased on deliveries (node_id) where node_id is not null`,
  `create index deliveries_account on deliveries (account_id, mode, id)`,
  `create index deliveries_event on deliveries (event_id)`,

  `create table delivery_attempts (
    delivery_id text not null references deliveries on delete cascade,
    attempt integer not null,
    at timestamptz not null,
    duration_ms integer not null,
    status_code smallint,
    error text,
    response_excerpt text,
    primary key (delivery_id, attempt)
  )`,

  `create table idempotency_keys (
    account_id text not null references accounts on delete cascade,
    mode text not null,
    route text not null,
    key text not null,
    body_hash bytea not null,
    status smallint not null,
    reply text not null,
    created_at timestamptz not null,
    primary key (account_id, mode, route, key)
  )`,
  `create index idempotency_keys_age on idempotency_keys (created_at)`,
];
