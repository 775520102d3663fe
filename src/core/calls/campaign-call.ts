import type { Transaction } from 'kysely';
import type { CallRow } from '#core/calls/call.js';
import { MARKETING_HOURS, nextOpening, zonesOf } from '#core/calling-hours/index.js';
import { postponeTry } from '#core/recipients/index.js';
import type { Tables } from '#core/tables.js';

/** A call of a paused campaign that cannot be withdrawn any more looks again after this time. */
const PAUSED_WAIT_MS = 60_000;
/** Where the hours never open as they are now: somebody may change them. */
const CLOSED_WAIT_MS = 86_400_000;

/**
 * What a campaign says at the moment of dialling (rule 5): paused, or outside the hours of the called person, and the call is
 * withdrawn; over, and it is canceled. For the call's row under lock, not dialled; its campaign is only read, for whoever
 * pauses it takes the locks the other way round.
 */
export async function lookAtCampaign(
  tx: Transaction<Tables>,
  call: CallRow,
  at: Date,
): Promise<'go' | 'withdrawn' | 'canceled'> {
  const { campaign_id: campaignId, recipient } = call;
  if (campaignId === null || recipient === null) return lookAtMarketing(tx, call, at);
  const campaign = await tx
    .selectFrom('campaigns as c')
    .innerJoin('campaign_recipients as r', 'r.campaign_id', 'c.id')
    .select(['c.status', 'c.calling_hours', 'r.time_zone'])
    .where('c.id', '=', campaignId)
    .where('r.position', '=', recipient)
    .executeTakeFirst();
  if (campaign === undefined || campaign.status === 'canceled' || campaign.status === 'completed') return 'canceled';
  if (campaign.status !== 'running') {
    await withdraw(tx, call, { campaignId, recipient, dueAt: at }, new Date(at.getTime() + PAUSED_WAIT_MS));
    return 'withdrawn';
  }
  const hours = campaign.calling_hours ?? (call.purpose === 'marketing' ? MARKETING_HOURS : null);
  if (hours === null) return 'go';
  const zones = campaign.time_zone === null ? zonesOf(call.to_number) : [campaign.time_zone];
  const opens = nextOpening(hours, zones, at);
  if (opens?.getTime() === at.getTime()) return 'go';
  const dueAt = opens ?? new Date(at.getTime() + CLOSED_WAIT_MS);
  await withdraw(tx, call, { campaignId, recipient, dueAt }, dueAt);
  return 'withdrawn';
}

/** A single call waits itself until the hours of marketing are open (rule 5). */
async function lookAtMarketing(tx: Transaction<Tables>, call: CallRow, at: Date): Promise<'go' | 'withdrawn'> {
  if (call.purpose !== 'marketing') return 'go';
  const contact = await tx
    .selectFrom('contacts')
    .select('time_zone')
    .where('account_id', '=', call.account_id)
    .where('mode', '=', call.mode)
    .where('phone', '=', call.to_number)
    .executeTakeFirst();
  const zone = contact?.time_zone ?? null;
  const opens = nextOpening(MARKETING_HOURS, zone === null ? zonesOf(call.to_number) : [zone], at);
  if (opens?.getTime() === at.getTime()) return 'go';
  await putOff(tx, call, opens ?? new Date(at.getTime() + CLOSED_WAIT_MS));
  return 'withdrawn';
}

/** The recipient waits again, and no try is spent; a call that may have left already (rule 9) waits itself. */
async function withdraw(
  tx: Transaction<Tables>,
  call: CallRow,
  postponed: Parameters<typeof postponeTry>[1],
  againAt: Date,
): Promise<void> {
  if (call.attempts === 0 && call.put_backs === 0) {
    await tx.deleteFrom('calls').where('id', '=', call.id).execute();
    return postponeTry(tx, postponed);
  }
  await putOff(tx, call, againAt);
}

async function putOff(tx: Transaction<Tables>, { id }: CallRow, dueAt: Date): Promise<void> {
  await tx.updateTable('calls').set({ node_id: null, trunk_id: null, due_at: dueAt }).where('id', '=', id).execute();
}
