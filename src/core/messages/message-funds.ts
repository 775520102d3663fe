import type { Transaction } from 'kysely';
import { holdManyFunds, releaseManyFunds, settleManyFunds } from '#core/billing/index.js';
import type { MessageRow } from '#core/messages/message.js';
import type { Tables } from '#core/tables.js';

const UNIT = 'sms_segment';

/** Sets every segment apart before texts leave; gives the ids of those that their account cannot pay for. */
export function holdSegments(tx: Transaction<Tables>, rows: readonly MessageRow[], at: Date): Promise<Set<string>> {
  return holdManyFunds(
    tx,
    rows.map((row) => useOf(row)),
    at,
  );
}

/** Charges texts that a carrier took: every segment of them. */
export function settleSegments(tx: Transaction<Tables>, rows: readonly MessageRow[], at: Date): Promise<void> {
  return settleManyFunds(
    tx,
    rows.map((row) => useOf(row)),
    at,
  );
}

/** Gives back what was set apart for texts that no carrier took, as far as is known. */
export function releaseSegments(tx: Transaction<Tables>, rows: readonly MessageRow[], at: Date): Promise<void> {
  return releaseManyFunds(
    tx,
    rows.map((row) => useOf(row)),
    at,
  );
}

function useOf({ account_id: accountId, mode, id: reference, segments: quantity }: MessageRow) {
  return { accountId, mode, reference, unit: UNIT, quantity } as const;
}
