import type { Insertable } from 'kysely';
import type { Core } from '#core/core.js';
import { newId } from '#core/ids.js';
import type { CallTable, Mode } from '#core/tables.js';

export interface PastCall {
  at: number;
  direction?: 'in' | 'out';
  ours?: string;
  theirs?: string;
  result?: 'answered' | 'missed' | 'hangup';
  seconds?: number;
  purpose?: string;
  callerName?: string;
  mode?: Mode;
  /** It is still going on. */
  open?: boolean;
}

/** Rows as the end of calls between people leaves them. Gives their ids. */
export async function addPastCalls(
  core: Pick<Core, 'db'>,
  accountId: string,
  calls: readonly PastCall[],
): Promise<string[]> {
  const rows = calls.map((call): Insertable<CallTable> & { id: string } => {
    const { direction = 'in', ours = '+15005550123', theirs = '+13055550111', seconds = 0 } = call;
    const at = new Date(call.at);
    const answered = seconds > 0 ? at : null;
    return {
      id: newId('cal', call.at),
      account_id: accountId,
      mode: call.mode ?? 'test',
      direction,
      purpose: call.purpose ?? 'person',
      priority: 1,
      status: call.open === true ? 'answered' : seconds > 0 ? 'completed' : 'no_answer',
      to_number: direction === 'in' ? ours : theirs,
      from_number: direction === 'in' ? theirs : ours,
      script: '{"kind":"connect","phones":[]}',
      metadata: null,
      webhook_url: null,
      dialect: 'none',
      ring_timeout_seconds: 30,
      max_duration_seconds: 3600,
      record: false,
      created_at: at,
      due_at: at,
      answered_at: answered,
      ended_at: call.open === true ? null : new Date(call.at + seconds * 1000),
      result: call.open === true ? null : (call.result ?? (seconds > 0 ? 'answered' : 'missed')),
      caller_name: call.callerName ?? null,
      updated_at: new Date(call.at + seconds * 1000),
      attempts: 1,
    };
  });
  for (let start = 0; start < rows.length; start += 500) {
    await core.db
      .insertInto('calls')
      .values(rows.slice(start, start + 500))
      .execute();
  }
  return rows.map(({ id }) => id);
}
