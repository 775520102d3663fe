import type { Transaction } from 'kysely';
import { isOpen, MARKETING_HOURS, nextOpening, zonesOf } from '#core/calling-hours/index.js';
import type { Core } from '#core/core.js';
import type { DueMessage } from '#core/messages/due-messages.js';
import type { MessageReason } from '#core/messages/message-reason.js';
import type { Purpose } from '#core/purpose.js';
import { withinStage } from '#core/numbers/index.js';
import { suppressedOf } from '#core/suppression/index.js';
import type { Tables } from '#core/tables.js';

/** What speaks against sending a text now. */
export type Objection =
  | { kind: 'never'; status: 'failed' | 'canceled'; reason: MessageReason }
  /** Undefined: nobody knows when; its campaign says so once it runs again. */
  | { kind: 'later'; dueAt: Date | undefined };

/**
 * Looks at texts at the moment of sending: opted out, expired, of a campaign that rests or is over, at an hour at which
 * the person is not to be texted. Those that nothing speaks against are not in the answer.
 */
export async function lastLook(
  tx: Transaction<Tables>,
  core: Pick<Core, 'secrets'>,
  texts: readonly DueMessage[],
  at: Date,
): Promise<Map<string, Objection>> {
  const objections = new Map<string, Objection>();
  for (const text of await outsideHours(tx, texts, at)) objections.set(text.id, text.objection);
  for (const id of await optedOut(tx, core, texts)) {
    objections.set(id, { kind: 'never', status: 'failed', reason: 'suppressed' });
  }
  for (const id of await unverified(tx, texts)) {
    objections.set(id, { kind: 'never', status: 'failed', reason: 'not_verified' });
  }
  for (const { id, expires_at } of texts) {
    if (expires_at <= at) objections.set(id, { kind: 'never', status: 'failed', reason: 'expired' });
  }
  return objections;
}

/** Of the one answer to an opt-out nobody asks (rule 4). */
async function optedOut(
  tx: Transaction<Tables>,
  core: Pick<Core, 'secrets'>,
  texts: readonly DueMessage[],
): Promise<string[]> {
  const stopped: string[] = [];
  const asked = texts.filter(({ confirmation }) => !confirmation);
  for (const purpose of new Set(asked.map((text) => text.purpose as Purpose))) {
    const people = asked
      .filter((text) => text.purpose === purpose)
      .map(({ id, account_id: accountId, mode, to_address: address }) => ({ id, accountId, mode, address }));
    const suppressed = await suppressedOf(tx, core.secrets, { purpose, channel: 'sms' }, people);
    stopped.push(...suppressed.map(({ id }) => id));
  }
  return stopped;
}

/** Of accounts that went into development meanwhile. */
async function unverified(tx: Transaction<Tables>, texts: readonly DueMessage[]): Promise<string[]> {
  const live = texts.filter(({ mode }) => mode === 'live');
  if (live.length === 0) return [];
  const inDevelopment = await tx
    .selectFrom('accounts')
    .select('id')
    .where('id', 'in', [...new Set(live.map(({ account_id }) => account_id))])
    .where('stage', '=', 'development')
    .execute();
  const found: string[] = [];
  for (const { id: accountId } of inDevelopment) {
    const ours = live.filter(({ account_id }) => account_id === accountId);
    const numbers = [...new Set(ours.map(({ to_address }) => to_address))];
    const within = await withinStage(tx, { accountId, mode: 'live', numbers });
    found.push(...ours.filter(({ to_address }) => !within.has(to_address)).map(({ id }) => id));
  }
  return found;
}

async function outsideHours(
  tx: Transaction<Tables>,
  texts: readonly DueMessage[],
  at: Date,
): Promise<{ id: string; objection: Objection }[]> {
  const campaigns = await campaignsOf(tx, texts);
  const zones = await knownZones(tx, texts);
  return texts.flatMap((text) => {
    const campaign = campaigns.get(text.campaign_id ?? '');
    if (text.campaign_id !== null && (campaign === undefined || campaign.status !== 'running')) {
      return [{ id: text.id, objection: ofCampaign(campaign?.status) }];
    }
    const hours = campaign?.calling_hours ?? (text.purpose === 'marketing' ? MARKETING_HOURS : null);
    if (hours === null) return [];
    const known = zones.get(text.id);
    const where = known === undefined ? zonesOf(text.to_address) : [known];
    if (isOpen(hours, where, at)) return [];
    const dueAt = nextOpening(hours, where, at);
    const objection: Objection =
      dueAt === undefined ? { kind: 'never', status: 'failed', reason: 'outside_hours' } : { kind: 'later', dueAt };
    return [{ id: text.id, objection }];
  });
}

function ofCampaign(status: string | undefined): Objection {
  return status === 'paused'
    ? { kind: 'later', dueAt: undefined }
    : { kind: 'never', status: 'canceled', reason: 'campaign_over' };
}

async function campaignsOf(tx: Transaction<Tables>, texts: readonly DueMessage[]) {
  const ids = [...new Set(texts.flatMap(({ campaign_id }) => (campaign_id === null ? [] : [campaign_id])))];
  if (ids.length === 0) return new Map<string, never>();
  const rows = await tx
    .selectFrom('campaigns')
    .select(['id', 'status', 'calling_hours'])
    .where('id', 'in', ids)
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/** The time zone that is known of a person, by the text's id: as the campaign has it, else as the address book has it. */
async function knownZones(tx: Transaction<Tables>, texts: readonly DueMessage[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const inCampaigns = texts.filter(({ campaign_id }) => campaign_id !== null);
  const others = texts.filter(({ campaign_id, purpose }) => campaign_id === null && purpose === 'marketing');
  if (inCampaigns.length > 0) {
    const rows = await tx
      .selectFrom('messages')
      .innerJoin('campaign_recipients as r', (join) =>
        join.onRef('r.campaign_id', '=', 'messages.campaign_id').onRef('r.position', '=', 'messages.recipient'),
      )
      .select(['messages.id', 'r.time_zone'])
      .where(
        'messages.id',
        'in',
        inCampaigns.map(({ id }) => id),
      )
      .where('r.time_zone', 'is not', null)
      .execute();
    for (const { id, time_zone } of rows) found.set(id, time_zone!);
  }
  if (others.length > 0) {
    const rows = await tx
      .selectFrom('messages')
      .innerJoin('contacts as c', (join) =>
        join
          .onRef('c.account_id', '=', 'messages.account_id')
          .onRef('c.mode', '=', 'messages.mode')
          .onRef('c.phone', '=', 'messages.to_address'),
      )
      .select(['messages.id', 'c.time_zone'])
      .where(
        'messages.id',
        'in',
        others.map(({ id }) => id),
      )
      .where('c.time_zone', 'is not', null)
      .execute();
    for (const { id, time_zone } of rows) found.set(id, time_zone!);
  }
  return found;
}
