import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { firstIdAt } from '#core/ids.js';
import { FEATURE_NAMES, type Feature } from '#core/plans/features.js';
import type { Mode } from '#core/tables.js';

/** Of what comes in millions no more is counted: a larger count says that there is as much at least. */
export const MOST_COUNTED = 100_000;

/** How much of each feature an account uses: of what happens, in this month (UTC); of what is there, now. */
export async function countUsed(
  core: Pick<Core, 'db' | 'clock'>,
  { accountId, mode }: { accountId: string; mode: Mode },
): Promise<Record<Feature, number>> {
  const now = new Date(core.clock.now());
  const month = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
  // Ids begin with the time they were made at.
  const [call, message, recording] = [firstIdAt('cal', month), firstIdAt('sms', month), firstIdAt('rec', month)];
  // What came this month has not changed before it: so the index by change serves.
  const since = sql`updated_at >= ${new Date(month)} and created_at >= ${new Date(month)}`;
  const owned = sql`account_id = ${accountId} and mode = ${mode}`;
  const upTo = (from: ReturnType<typeof sql>) =>
    sql<number>`(select count(*)::int from (select 1 from ${from} limit ${MOST_COUNTED}) as counted)`;
  const all = (table: string) => upTo(sql`${sql.table(table)} where ${owned}`);
  const objects = (kind: string) => upTo(sql`routing_objects where ${owned} and kind = ${kind}`);

  const counts: Partial<Record<Feature, ReturnType<typeof upTo>>> = {
    virtual_numbers: upTo(sql`numbers where ${owned} and kind = 'e164'`),
    users: all('users'),
    voice: upTo(sql`calls where ${owned} and id >= ${call} and purpose in ('person', 'emergency')`),
    call_recording: upTo(sql`recordings where ${owned} and id >= ${recording} and deleted_at is null`),
    voicemail: upTo(sql`voice_messages where ${owned} and ${since}`),
    voicemail_transcription: upTo(sql`voice_messages where ${owned} and ${since} and transcription = 'done'`),
    menus: objects('menu'),
    ring_groups: objects('ring_group'),
    extensions: objects('extension'),
    forwarding_numbers: objects('forwarding_number'),
    forwarding_schedules: objects('forwarding_schedule'),
    blocked_numbers: all('blocked_numbers'),
    texting: upTo(sql`messages where ${owned} and id >= ${message}`),
    bulk_texting: upTo(sql`messages where ${owned} and id >= ${message} and direction = 'out'`),
    webhooks: upTo(sql`webhook_endpoints where ${owned} and dialect = 'phone_system'`),
  };
  const columns = Object.entries(counts).map(([name, count]) => sql`${count} as ${sql.ref(name)}`);
  const { rows } = await sql<Partial<Record<Feature, number>>>`select ${sql.join(columns)}`.execute(core.db);
  return Object.fromEntries(FEATURE_NAMES.map((name) => [name, rows[0]?.[name] ?? 0])) as Record<Feature, number>;
}
