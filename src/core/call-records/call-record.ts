import { sql, type SqlBool } from 'kysely';
import type { Mode } from '#core/tables.js';

export interface RecordOwner {
  accountId: string;
  mode: Mode;
}

export const CALL_RESULTS = ['answered', 'missed', 'hangup'] as const;
export type CallResult = (typeof CALL_RESULTS)[number];

/** A call between people that is over, as the history tells it. */
export interface CallRecord {
  id: string;
  direction: 'out' | 'in';
  at: Date;
  /** The number of ours. */
  ours: string;
  /** Who was outside: a number, or `anonymous`. */
  theirs: string;
  theirName: string | undefined;
  /** What the caller's network says of their number (`verstat`); undefined: nothing. */
  verification: string | undefined;
  /** What it signed the call with (Identity, RFC 8224), as received; undefined: nothing, or the caller withholds the number. */
  identity: string | undefined;
  durationSeconds: number;
  result: CallResult;
  steps: { id: string; type: string; description: string; at: Date }[];
  /** Of its recording, where there is one. */
  recordingId: string | undefined;
  updatedAt: Date;
}

export interface RecordFilter {
  direction?: 'out' | 'in' | undefined;
  result?: CallResult | undefined;
  /** One of our numbers. */
  ours?: string | undefined;
  /** Who was outside. */
  theirs?: string | undefined;
  /** Began at this moment or later; both count by the millisecond. */
  after?: Date | undefined;
  /** Began before this moment. */
  before?: Date | undefined;
  minSeconds?: number | undefined;
  maxSeconds?: number | undefined;
  /** A user whom it reached, or who made it. */
  userId?: string | undefined;
  /** Changed at this moment or later, as far as nothing earlier can come any more. */
  updatedAfter?: Date | undefined;
  /** Of those of that very moment, after this one. */
  afterId?: string | undefined;
}

/** As the indexes of the history say it. */
export const IN_HISTORY = sql<SqlBool>`calls.ended_at is not null and calls.purpose in ('person', 'emergency')`;
export const OURS = sql<string>`(case calls.direction when 'in' then calls.to_number else calls.from_number end)`;
export const THEIRS = sql<string>`(case calls.direction when 'in' then calls.from_number else calls.to_number end)`;
