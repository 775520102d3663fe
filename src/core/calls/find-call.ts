import { qualityOf, type CallQuality } from '#core/calls/call-quality.js';
import { toCall, type Call } from '#core/calls/call.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { CallStatus, Mode, Verdict } from '#core/tables.js';
import type { RtpStats } from '#voice/engine.js';

export interface CallOwner {
  accountId: string;
  mode: Mode;
}

/** One call with its attempts, the list of its events, and its recording if there is one. */
export interface CallStory extends Call {
  tries: {
    target: string;
    dialedAt: Date;
    endedAt: Date | undefined;
    cause: string | undefined;
    sipCode: number | undefined;
    rtp: RtpStats | undefined;
    /** What was thought of who answered, in order. */
    verdicts: Verdict[];
  }[];
  /** Of the last attempt's sound. */
  quality: CallQuality | undefined;
  events: { type: string; at: Date; data: Record<string, unknown> }[];
  recording: { id: string; durationMs: number; bytes: number } | undefined;
}

/** Throws `call.not_found`, also for a call of another account or mode. */
export async function findCall(core: Pick<Core, 'db'>, owner: CallOwner, id: string): Promise<CallStory> {
  const row = await core.db
    .selectFrom('calls')
    .selectAll()
    .where('id', '=', id)
    .where('account_id', '=', owner.accountId)
    .where('mode', '=', owner.mode)
    .executeTakeFirst();
  if (row === undefined) throw new CoreError('call.not_found', `There is no call ${id}.`);
  const [tries, events, recording] = await Promise.all([
    core.db.selectFrom('call_attempts').selectAll().where('call_id', '=', id).orderBy('attempt').execute(),
    core.db.selectFrom('events').selectAll().where('subject', '=', id).orderBy('sequence').limit(500).execute(),
    core.db
      .selectFrom('recordings')
      .selectAll()
      .where('call_id', '=', id)
      .where('deleted_at', 'is', null)
      .executeTakeFirst(),
  ]);
  return {
    ...toCall(row),
    tries: tries.map((attempt) => ({
      target: attempt.target,
      dialedAt: attempt.dialed_at,
      endedAt: attempt.ended_at ?? undefined,
      cause: attempt.cause ?? undefined,
      sipCode: attempt.sip_code ?? undefined,
      rtp: attempt.rtp ?? undefined,
      verdicts: attempt.verdicts,
    })),
    quality: qualityOf(tries.at(-1)?.rtp ?? undefined),
    events: events.map((event) => ({ type: event.type, at: event.created_at, data: event.data })),
    recording:
      recording === undefined
        ? undefined
        : { id: recording.id, durationMs: recording.duration_ms, bytes: Number(recording.bytes) },
  };
}

export interface CallFilter {
  direction?: 'out' | 'in' | undefined;
  status?: CallStatus | undefined;
  to?: string | undefined;
  from?: string | undefined;
  createdAfter?: Date | undefined;
  createdBefore?: Date | undefined;
  /** Continue after this call id (newest first). */
  after?: string | undefined;
  limit: number;
}

/** Newest first; `next` is the cursor of the following page. */
export async function listCalls(
  core: Pick<Core, 'db'>,
  owner: CallOwner,
  filter: CallFilter,
): Promise<{ calls: Call[]; next: string | undefined }> {
  let query = core.db
    .selectFrom('calls')
    .selectAll()
    .where('account_id', '=', owner.accountId)
    .where('mode', '=', owner.mode);
  if (filter.direction !== undefined) query = query.where('direction', '=', filter.direction);
  if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  if (filter.to !== undefined) query = query.where('to_number', '=', filter.to);
  if (filter.from !== undefined) query = query.where('from_number', '=', filter.from);
  if (filter.createdAfter !== undefined) query = query.where('created_at', '>=', filter.createdAfter);
  if (filter.createdBefore !== undefined) query = query.where('created_at', '<', filter.createdBefore);
  if (filter.after !== undefined) query = query.where('id', '<', filter.after);
  const rows = await query
    .orderBy('id', 'desc')
    .limit(filter.limit + 1)
    .execute();
  const calls = rows.slice(0, filter.limit).map(toCall);
  return { calls, next: rows.length > filter.limit ? calls.at(-1)?.id : undefined };
}
