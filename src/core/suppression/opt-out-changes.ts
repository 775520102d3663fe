import type { Core } from '#core/core.js';
import { recordAudit } from '#core/accounts/index.js';
import { isE164 } from '#core/address.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { liftSuppression } from '#core/suppression/lift-suppression.js';
import { suppress } from '#core/suppression/suppress.js';
import {
  toSuppression,
  type OptOutChannel,
  type OptOutScope,
  type Suppression,
  type SuppressionOwner,
} from '#core/suppression/suppression.js';
import { publishEvents } from '#core/webhooks/index.js';

type LedgerCore = Pick<Core, 'db' | 'clock' | 'secrets' | 'wake'>;

export const OPT_OUT_LIMITS = { together: 1000, reasonCharacters: 500 } as const;

export interface AddOptOuts extends SuppressionOwner {
  /** E.164. */
  phones: readonly string[];
  scope?: OptOutScope | undefined;
  channel?: OptOutChannel | undefined;
  reason?: string | undefined;
  actor: string;
}

/**
 * Enters opt-outs that the owner knows of. Gives those that are new; who had opted out of the same already stays so.
 * @throws CoreError `opt_out.bad_input`
 */
export async function addOptOuts(core: LedgerCore, input: AddOptOuts): Promise<Suppression[]> {
  const { accountId, mode, scope = 'outreach', channel = 'all', actor } = input;
  // Two who enter the same people wait for one another, and never crosswise.
  const phones = [...new Set(input.phones)].sort();
  if (phones.length === 0 || phones.length > OPT_OUT_LIMITS.together) {
    throw bad('phones', `Give 1 to ${OPT_OUT_LIMITS.together} numbers; more come as a file.`);
  }
  input.phones.forEach((phone, index) => {
    if (isE164(phone)) return;
    const field = input.phones.length === 1 ? 'phone' : `phones.${index}`;
    throw bad(field, `${JSON.stringify(phone)} is not E.164: + and 7 to 15 digits, for example +12125550100.`);
  });
  const reason = input.reason === undefined ? undefined : checkedReason(input.reason);
  const at = new Date(core.clock.now());
  const added = await inTransaction(core.db, async (tx) => {
    const entries: Suppression[] = [];
    for (const address of phones) {
      const of = { accountId, mode, address, source: 'owner', scope, channel, reason, at } as const;
      const entry = await suppress(tx, core.secrets, of);
      if (entry !== undefined) entries.push(entry);
    }
    await recordAudit(tx, {
      accountId,
      actor,
      action: 'opt_out.add',
      subject: entries.length === 1 ? (entries[0]?.id ?? accountId) : accountId,
      details: { mode, scope, channel, asked: phones.length, added: entries.length },
      at,
    });
    await publishEvents(tx, { accountId, mode, type: 'contact.opted_out', at }, entries.map(factsOf));
    return entries;
  });
  core.wake.deliveries();
  return added;
}

export interface LiftOptOut extends SuppressionOwner {
  address: string;
  reason: string;
  actor: string;
}

/** Lifts everything that stops a person, with a reason (rule 3). @throws CoreError `opt_out.not_found`, `opt_out.bad_input` */
export async function liftOptOut(core: LedgerCore, input: LiftOptOut): Promise<Suppression[]> {
  const { accountId, mode, address, actor } = input;
  const reason = checkedReason(input.reason);
  const at = new Date(core.clock.now());
  const lifted = await inTransaction(core.db, async (tx) => {
    const entries = await liftSuppression(tx, core.secrets, { accountId, mode, address, by: 'owner', reason, at });
    const [first] = entries;
    if (first === undefined) throw new CoreError('opt_out.not_found', 'This person has not opted out of anything.');
    // The reason stands in the ledger, where it is erased with the person.
    for (const { id } of entries) {
      await recordAudit(tx, { accountId, actor, action: 'opt_out.lift', subject: id, details: { mode }, at });
    }
    await publishEvents(tx, { accountId, mode, type: 'contact.opted_in', at }, [asLifted(first)]);
    return entries;
  });
  core.wake.deliveries();
  return lifted;
}

export interface ReviewOptOut extends SuppressionOwner {
  id: string;
  /** Whether it stands; else it is lifted, with this reason. */
  verdict: { keep: true } | { lift: string };
  actor: string;
}

/**
 * What somebody thinks of free words that seemed to revoke.
 * @throws CoreError `opt_out.not_found`, `opt_out.not_open`, `opt_out.bad_input`
 */
export async function reviewOptOut(core: LedgerCore, input: ReviewOptOut): Promise<Suppression> {
  const { accountId, mode, id, verdict, actor } = input;
  const reason = 'lift' in verdict ? checkedReason(verdict.lift) : null;
  const at = new Date(core.clock.now());
  const reviewed = await inTransaction(core.db, async (tx) => {
    const before = await tx
      .selectFrom('suppressions')
      .selectAll()
      .where('id', '=', id)
      .where('account_id', '=', accountId)
      .where('mode', '=', mode)
      .where('source', '=', 'free_text')
      .forUpdate()
      .executeTakeFirst();
    if (before === undefined) throw new CoreError('opt_out.not_found', `There is no review "${id}".`);
    if (before.reviewed_at !== null || before.lifted_at !== null) {
      throw new CoreError('opt_out.not_open', 'It has been looked at already, or was lifted.');
    }
    const row = await tx
      .updateTable('suppressions')
      .set({ reviewed_at: at, ...(reason === null ? {} : { lifted_at: at, lifted_reason: reason }) })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow();
    const action = reason === null ? 'opt_out.keep' : 'opt_out.lift';
    await recordAudit(tx, { accountId, actor, action, subject: id, details: { mode }, at });
    const entry = toSuppression(row);
    if (reason !== null) {
      await publishEvents(tx, { accountId, mode, type: 'contact.opted_in', at }, [asLifted(entry)]);
    }
    return entry;
  });
  core.wake.deliveries();
  return reviewed;
}

function asLifted(entry: Suppression) {
  const facts = factsOf(entry);
  return { ...facts, data: { ...facts.data, source: 'owner' } };
}

function factsOf({ id, address, source, scope, channel, callId, messageId }: Suppression) {
  return {
    subject: id,
    data: { address: address ?? null, source, scope, channel, callId: callId ?? null, messageId: messageId ?? null },
  };
}

function checkedReason(reason: string): string {
  const { reasonCharacters } = OPT_OUT_LIMITS;
  if (reason.trim() === '' || reason.length > reasonCharacters || reason.includes('\u0000')) {
    throw bad('reason', `A reason of 1 to ${reasonCharacters} characters.`);
  }
  return reason.trim();
}

function bad(field: string, message: string): CoreError {
  return new CoreError('opt_out.bad_input', message, { field });
}
