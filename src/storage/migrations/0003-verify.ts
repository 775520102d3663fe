import { sql, type Kysely } from 'kysely';

/** One-time codes, people, contacts, spoken files, the wallet, and registered webhook endpoints. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  // The code itself is kept only as a keyed hash, and encrypted until the call that speaks it has ended.
  `create table verifications (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    to_number text not null,
    -- Its calling code, without plus.
    country text not null,
    channel text not null check (channel in ('voice', 'sms')),
    status text not null check (status in ('pending', 'calling', 'delivered', 'verified', 'failed', 'expired', 'locked')),
    client_supplied boolean not null,
    code_hash bytea not null,
    code_encrypted bytea,
    language text not null,
    language_used text not null,
    attempts_left smallint not null check (attempts_left >= 0),
    call_id text references calls on delete set null,
    reason text,
    -- False: it never left, and so does not count in the caps.
    counted boolean not null default true,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    delivered_at timestamptz,
    verified_at timestamptz,
    ended_at timestamptz
  )`,
  `create index verifications_number on verifications (to_number, created_at) where mode = 'live'`,
  `create index verifications_account_number on verifications (account_id, mode, to_number, created_at)`,
  `create index verifications_country on verifications (account_id, country, created_at)
    where mode = 'live' and counted and not client_supplied`,
  `create index verifications_open on verifications (expires_at) where status in ('pending', 'calling', 'delivered')`,
  `create index verifications_age on verifications (created_at)`,
  `create index verifications_call on verifications (call_id) where call_id is not null`,

  // Without an account: the ceiling for a destination over all accounts. Absent settings have the defaults of core.
  `create table verification_policies (
    account_id text unique nulls not distinct references accounts on delete cascade,
    settings jsonb not null,
    updated_at timestamptz not null
  )`,

  `create table users (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    name text not null,
    email text,
    role text not null check (role in ('owner', 'admin', 'member')),
    -- Names of phones; in the sandbox also simulated numbers.
    phones text[] not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null
  )`,
  `create unique index users_email on users (account_id, mode, lower(email)) where email is not null`,
  `create index users_account on users (account_id, mode, id)`,

  `create table user_groups (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    name text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
  )`,
  `create unique index user_groups_name on user_groups (account_id, mode, lower(name))`,
  `create table user_group_members (
    group_id text not null references user_groups on delete cascade,
    user_id text not null references users on delete cascade,
    position integer not null,
    primary key (group_id, user_id)
  )`,
  `create index user_group_members_user on user_group_members (user_id)`,

  `create table contacts (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    phone text not null,
    name text,
    company text,
    email text,
    city text,
    region text,
    country text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (account_id, mode, phone)
  )`,
  `create index contacts_account on contacts (account_id, mode, id)`,

  // Who of us is connected, and which phone of theirs answered.
  `alter table calls
    add column picked_up_by text,
    add column picked_up_at timestamptz`,

  `create table speech_files (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    -- The unguessable part of its link, as a hash.
    token_hash bytea not null unique,
    file text not null,
    format text not null,
    bytes bigint not null,
    duration_ms integer not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
  )`,
  `create index speech_files_expiry on speech_files (expires_at)`,

  // Money in minor units (cents) of the account's currency. 'off': uses are entered, an empty balance refuses nothing.
  `alter table accounts
    add column metering text not null default 'off' check (metering in ('off', 'prepaid')),
    add column currency text not null default 'USD'`,
  `create table wallets (
    account_id text primary key references accounts on delete cascade,
    -- What can be spent: holds are taken off already.
    balance bigint not null default 0 check (balance >= 0),
    -- The sums of the open holds, and of what was used beyond the balance.
    held bigint not null default 0 check (held >= 0),
    owed bigint not null default 0 check (owed >= 0)
  )`,
  `create table ledger_entries (
    id text primary key,
    -- Given out while the wallet is locked: within an account, the order of the balances.
    sequence bigint generated always as identity,
    account_id text not null references accounts on delete cascade,
    kind text not null check (kind in ('credit', 'postpaid', 'hold', 'release', 'charge')),
    -- What it changes the balance by.
    amount bigint not null,
    balance_after bigint not null check (balance_after >= 0),
    -- The call, verification or file that it is for.
    reference text,
    part integer not null default 0,
    unit text,
    quantity numeric(18, 4),
    -- Of one unit, as it was when the use began.
    price numeric(18, 4),
    note text,
    created_at timestamptz not null
  )`,
  `create unique index ledger_entries_once on ledger_entries (account_id, reference, kind, part)
    where reference is not null and kind <> 'postpaid'`,
  `create index ledger_entries_account on ledger_entries (account_id, sequence)`,
  `create index ledger_entries_spent on ledger_entries (account_id, created_at) where kind in ('hold', 'charge')`,
  // Per unit, in minor units with up to four decimals; a charge is rounded up once. Without an account: for all.
  `create table prices (
    account_id text references accounts on delete cascade,
    unit text not null,
    amount numeric(18, 4) not null check (amount >= 0),
    updated_at timestamptz not null,
    unique nulls not distinct (account_id, unit)
  )`,

  `create table webhook_endpoints (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    url text not null,
    dialect text not null,
    -- As the door calls them, and as core does.
    events text[] not null,
    event_types text[] not null,
    secret_encrypted bytea,
    description text,
    enabled boolean not null default true,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (account_id, mode, dialect, url)
  )`,
  // Without a reference: what was sent is kept when the endpoint is gone.
  `alter table deliveries add column endpoint_id text`,
  `create index deliveries_endpoint on deliveries (endpoint_id) where endpoint_id is not null and status = 'pending'`,
];
