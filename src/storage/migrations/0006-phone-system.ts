import { sql, type Kysely } from 'kysely';

/** Where calls lead, what was left behind, and what was said by text: the phone system of an account. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  // One row of numbers for everything that a call can lead to, so that an id names one thing alone.
  `create sequence routing_ids`,
  `alter table numbers add column id bigint not null default nextval('routing_ids')`,
  `create unique index numbers_id on numbers (id)`,

  // What calls are led by. All of an account's is read and checked together; its shape: core/call-flow/flow-objects.ts.
  `create table routing_objects (
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    kind text not null,
    -- 0 of what there is only one of.
    id bigint not null default nextval('routing_ids'),
    body jsonb not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (account_id, mode, kind, id)
  )`,
  // Every change, as what each object was before and is after it (null: it was not there).
  `create table routing_versions (
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    version integer not null,
    author text not null,
    summary text not null,
    changes jsonb not null,
    rolled_back_to integer,
    created_at timestamptz not null,
    primary key (account_id, mode, version)
  )`,
  // Changes with every change of what calls are led by beside the objects: who is there, and on which phones. Written at
  // the commit, so that nobody waits for anybody in the middle of their work.
  `create table routing_stamps (
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    stamp text not null,
    primary key (account_id, mode)
  )`,
  `create function stamp_routing() returns trigger language plpgsql as $$
  declare
    changed jsonb := to_jsonb(coalesce(new, old));
    -- A transaction id comes again in a restored database; together with its time it does not.
    this_one text := pg_current_xact_id()::text || ' ' || transaction_timestamp()::text;
  begin
    insert into routing_stamps (account_id, mode, stamp)
      select id, coalesce(changed->>'mode', 'live'), this_one from accounts where id = changed->>'account_id'
      on conflict (account_id, mode) do update set stamp = excluded.stamp
      where routing_stamps.stamp <> excluded.stamp;
    return null;
  end $$`,
  // Whose turn it is in a group: which of its devices was rung, and which answered last.
  `create table ring_group_turns (
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    group_id bigint not null,
    device_id bigint not null,
    rung_at timestamptz not null,
    answered_at timestamptz,
    primary key (account_id, mode, group_id, device_id)
  )`,

  // Sound files that were handed in or spoken into a phone: greetings and hold music.
  `create table sounds (
    id bigint primary key default nextval('routing_ids'),
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    name text not null,
    -- Relative to the folder of recordings.
    file text not null,
    bytes bigint not null,
    duration_ms integer not null,
    created_at timestamptz not null
  )`,
  `create index sounds_account on sounds (account_id, mode, id)`,

  `create table blocked_numbers (
    id bigint primary key default nextval('routing_ids'),
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    number text not null,
    note text,
    created_at timestamptz not null,
    unique (account_id, mode, number)
  )`,

  // Who may open a mailbox by phone. Not with its routing object: no version of it holds a secret.
  `create table mailbox_pins (
    mailbox_id bigint primary key,
    account_id text not null references accounts on delete cascade,
    pin_hash text not null,
    failures smallint not null default 0,
    locked_until timestamptz,
    updated_at timestamptz not null
  )`,
  `create table voice_messages (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    mailbox_id bigint not null,
    call_id text references calls on delete set null,
    -- Ours that was called; who called, or 'anonymous'.
    phone_number text not null,
    caller_number text not null,
    caller_name text,
    -- Relative to the folder of recordings.
    file text not null,
    bytes bigint not null,
    duration_ms integer not null,
    transcript text,
    transcription text not null check (transcription in ('off', 'pending', 'done', 'failed')),
    -- When it is tried next, and how often it was.
    transcribe_at timestamptz,
    transcribe_attempts smallint not null default 0,
    read_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null
  )`,
  `create index voice_messages_account on voice_messages (account_id, mode, id)`,
  `create index voice_messages_mailbox on voice_messages (mailbox_id, id)`,
  `create index voice_messages_unread on voice_messages (mailbox_id, id) where read_at is null`,
  `create index voice_messages_caller on voice_messages (account_id, mode, caller_number)`,
  `create index voice_messages_age on voice_messages (created_at)`,
  `create index voice_messages_updated on voice_messages (account_id, mode, updated_at, id)`,
  `create index voice_messages_pending on voice_messages (transcribe_at) where transcription = 'pending'`,
  `create index voice_messages_call on voice_messages (call_id) where call_id is not null`,
  // E-mail that waits to be handed to the SMTP server.
  `create table emails (
    id text primary key,
    account_id text not null references accounts on delete cascade,
    -- The id of what it tells of, with which it goes.
    about text,
    to_address text not null,
    subject text not null,
    body text not null,
    -- Relative to the folder of recordings; the name that the reader sees.
    attachment_file text,
    attachment_name text,
    status text not null check (status in ('pending', 'sent', 'failed')),
    attempts smallint not null default 0,
    next_at timestamptz,
    node_id integer,
    error text,
    created_at timestamptz not null,
    ended_at timestamptz
  )`,
  `create index emails_due on emails (next_at) where status = 'pending' and node_id is null`,
  `create index emails_leased on emails (node_id) where node_id is not null`,
  `create index emails_about on emails (about) where about is not null`,
  `create index emails_age on emails (created_at)`,

  // What was deleted, for those who keep a copy (rule 24).
  `create table tombstones (
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    kind text not null check (kind in ('call', 'message', 'voice_message')),
    id text not null,
    deleted_at timestamptz not null,
    primary key (account_id, mode, kind, id)
  )`,
  `create index tombstones_age on tombstones (account_id, mode, kind, deleted_at)`,

  // Of calls between people: who called as a name, what became of it, and whom of the account it reached.
  `alter table calls
    add column caller_name text,
    add column result text check (result in ('answered', 'missed', 'hangup')),
    add column updated_at timestamptz,
    -- Between answer and end.
    add column duration_seconds integer generated always as
      (coalesce(greatest(0, round(extract(epoch from ended_at - answered_at))), 0)) stored`,
  `update calls set updated_at = ended_at, result = case when answered_at is not null
      and (direction = 'out' or picked_up_at is not null) then 'answered' else 'missed' end
    where ended_at is not null and purpose in ('person', 'emergency')`,
  // The history: calls between people that are over, by the person outside, our number, length, and last change.
  `create index calls_history on calls (account_id, mode, id)
    where ended_at is not null and purpose in ('person', 'emergency')`,
  `create index calls_history_theirs on calls (account_id, mode,
      (case direction when 'in' then from_number else to_number end), id)
    where ended_at is not null and purpose in ('person', 'emergency')`,
  `create index calls_history_ours on calls (account_id, mode,
      (case direction when 'in' then to_number else from_number end), id)
    where ended_at is not null and purpose in ('person', 'emergency')`,
  `create index calls_history_length on calls (account_id, mode, duration_seconds, id)
    where ended_at is not null and purpose in ('person', 'emergency')`,
  `create index calls_history_updated on calls (account_id, mode, updated_at, id)
    where ended_at is not null and purpose in ('person', 'emergency')`,
  `create index calls_history_open on calls (account_id, mode, id)
    where ended_at is null and purpose in ('person', 'emergency')`,
  // How many of them each whole day (UTC) has, so that nobody counts millions of calls; counted once the day is over.
  `create table call_days (
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    day date not null,
    our_number text not null,
    direction text not null,
    result text not null,
    calls integer not null,
    primary key (account_id, mode, day, our_number, direction, result)
  )`,
  // Days before this one are counted.
  `create table call_days_counted (
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    before date not null,
    primary key (account_id, mode)
  )`,
  `create table call_steps (
    call_id text not null references calls on delete cascade,
    position smallint not null,
    type text not null,
    description text not null,
    at timestamptz not null,
    primary key (call_id, position)
  )`,
  `create table call_users (
    user_id text not null references users on delete cascade,
    call_id text not null references calls on delete cascade,
    primary key (user_id, call_id)
  )`,
  `create index call_users_call on call_users (call_id)`,
  // Channels of trunks that legs take beside the one of their call: of those that a call is passed on to.
  `create table trunk_seats (
    leg text primary key,
    call_id text not null references calls on delete cascade,
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    trunk_id text not null references trunks on delete cascade,
    taken_at timestamptz not null
  )`,
  `create index trunk_seats_call on trunk_seats (call_id)`,
  // What is set on a phone itself, and where it stands (rule 11).
  `alter table phones
    add column do_not_disturb boolean not null default false,
    add column call_waiting boolean not null default true,
    add column hide_caller_id boolean not null default false,
    -- Where its calls go instead: a number or an extension.
    add column forward_to text,
    -- The number of the account that calls outside show.
    add column caller_id text,
    add column location jsonb`,

  ...[
    ['users', 'name, phones'],
    ['phones', 'name, do_not_disturb, call_waiting, forward_to'],
    ['numbers', 'number'],
    ['sounds', 'name'],
  ].map(
    ([table, columns]) =>
      `create constraint trigger stamp_routing after insert or delete or update of ${columns} on ${table}
        deferrable initially deferred for each row execute function stamp_routing()`,
  ),

  // Texts with one person over one of our numbers.
  `create table conversations (
    account_id text not null references accounts on delete cascade,
    mode text not null check (mode in ('live', 'test')),
    our_number text not null,
    their_number text not null,
    last_message_id text not null,
    last_message_at timestamptz not null,
    unread_count integer not null default 0,
    updated_at timestamptz not null,
    primary key (account_id, mode, our_number, their_number)
  )`,
  `create index conversations_recent on conversations (account_id, mode, last_message_at desc)`,
  `create index conversations_unread on conversations (account_id, mode, last_message_at desc) where unread_count > 0`,
  `create index conversations_theirs on conversations (account_id, mode, their_number)`,
  `create index conversations_updated on conversations (account_id, mode, updated_at)`,
  `alter table messages
    -- Of an incoming one: when somebody read it.
    add column read_at timestamptz,
    -- Who of the account wrote it.
    add column user_id text,
    -- Taken out of its conversation for good.
    add column removed_at timestamptz`,
  // In the words of a conversation: our number, theirs. Codes belong to none.
  `create index messages_thread on messages (account_id, mode,
      (case direction when 'in' then to_address else from_address end),
      (case direction when 'in' then from_address else to_address end), id)
    where purpose <> 'verification' and removed_at is null`,
  // When something about a text changed last.
  `create index messages_updated on messages (account_id, mode, greatest(created_at, sent_at, ended_at, read_at), id)
    where purpose <> 'verification' and removed_at is null`,
  // Whoever was texted by a campaign alone has no conversation before they answer.
  `insert into conversations (account_id, mode, our_number, their_number, last_message_id, last_message_at,
      unread_count, updated_at)
    select account_id, mode, case direction when 'in' then to_address else from_address end as ours,
      case direction when 'in' then from_address else to_address end as theirs,
      max(id), max(created_at), count(*) filter (where direction = 'in'), max(created_at)
    from messages where purpose <> 'verification' and 'erased' not in (from_address, to_address)
    group by account_id, mode, ours, theirs having bool_or(campaign_id is null)`,
  `create table message_attachments (
    id text primary key,
    message_id text not null references messages on delete cascade,
    account_id text not null references accounts on delete cascade,
    -- Relative to the folder of uploads.
    file text not null,
    media_type text not null,
    bytes bigint not null,
    created_at timestamptz not null
  )`,
  `create index message_attachments_message on message_attachments (message_id)`,

  // Some dialects register a URL once for each event.
  `alter table webhook_endpoints
    drop constraint webhook_endpoints_account_id_mode_dialect_url_key,
    add column of_event text not null default '',
    add unique (account_id, mode, dialect, url, of_event)`,

  // What an account may use. Plans are the installation's.
  `create table plans (
    -- 1 is that of accounts without a plan, which has everything and is no row.
    id integer generated by default as identity (start with 2) primary key,
    name text not null unique,
    display_name text not null,
    -- Minor units.
    monthly_price bigint not null,
    included_users integer,
    -- Feature -> how many are included; null: as many as there are.
    features jsonb not null
  )`,
  // Since when an account owes.
  `create index ledger_entries_owed on ledger_entries (account_id, sequence) where kind = 'postpaid' and amount > 0`,
  // For counting what was recorded in a month.
  `create index recordings_account on recordings (account_id, mode, id)`,
  `alter table accounts
    add column plan_id integer references plans,
    add column email text,
    add column time_zone text not null default 'UTC'`,
  `create table api_access_requests (
    id text primary key,
    account_id text references accounts on delete cascade,
    account_name text not null,
    name text not null,
    email text not null,
    use_case text not null,
    status text not null check (status in ('waiting', 'granted', 'refused')),
    created_at timestamptz not null,
    decided_at timestamptz
  )`,
  // A key's user bounds it by their role (rule 26).
  `alter table api_keys add column user_id text references users on delete cascade`,
  // Further numbers and addresses of a contact, who is known by one number still.
  `alter table contacts
    add column phone_label text,
    add column other_numbers jsonb not null default '[]',
    add column other_emails text[] not null default '{}'`,
  // Who calls from one of them. Most contacts have none, and then stand in it but once.
  `create index contacts_other_numbers on contacts using gin (other_numbers jsonb_path_ops)`,
  `alter table users add column first_name text, add column last_name text`,
];
