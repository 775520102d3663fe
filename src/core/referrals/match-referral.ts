import type { Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { boughtBefore, categoryOf, type Origin } from '#core/origins/index.js';
import { stateAt, type ReferralCampaign } from '#core/referral-campaigns/index.js';
import { cluesFor, type Clue } from '#core/referrals/clues.js';
import { unconfirmed } from '#core/referrals/unconfirmed.js';
import { writeReferral } from '#core/referrals/write-referral.js';
import type { TrackMethod } from '#core/referrals/referral.js';
import type { SitePerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

/** Too weak to say that somebody tried to bring themselves: whoever looks at their own link leaves them. */
const WEAK: readonly TrackMethod[] = ['sticky_advocate', 'phone_number', 'ip_address', 'event_chain'];

/**
 * Finds who brought a purchase or an event, and writes the referral down: pending, flagged or blocked. Wake the deliveries
 * and the referrals after it.
 */
export async function matchReferral(
  tx: Transaction<Tables>,
  core: Pick<Core, 'clock' | 'settings'>,
  site: Site,
  { origin, person, campaigns }: { origin: Origin; person: SitePerson; campaigns: readonly ReferralCampaign[] },
): Promise<void> {
  if (origin.kind === 'affiliate_member') return;
  const clues = (await cluesFor(tx, site, { origin, person, campaigns })).filter((clue) => counts(clue, site, origin));
  const clue = choose(clues, person);
  if (clue === undefined || !(await mayBeFriend(tx, clue, origin, person))) return;
  await writeReferral(tx, core, site, { origin, friend: person, clue, unconfirmed: unconfirmed(clue, clues, origin) });
}

export function takes({ settings }: Clue['campaign'], origin: Origin): boolean {
  return settings.convertsBy.includes(categoryOf(origin));
}

/** Whether the campaign takes such an origin, and the offer was not over when it happened. */
export function counts({ campaign, offer, claim }: Clue, site: Site, origin: Origin): boolean {
  if (!takes(campaign, origin)) return false;
  const at = origin.happenedAt;
  const state = stateAt(campaign, at);
  // What a friend was promised before the end holds as long as it was promised for.
  const promised = state === 'ended' && claim !== null && isBefore(claim.createdAt, campaign.endsAt);
  if (state !== 'live' && !promised && !(state === 'test' && site.mode === 'test')) return false;
  // Whoever came in time has as long as a friend has; whoever did not come buys before the end.
  if (!isBefore(claim?.createdAt ?? at, offer.expiresAt)) return false;
  return claim === null || isBefore(at, claim.expiresAt);
}

function isBefore(at: Date, end: Date | null): boolean {
  return end === null || at < end;
}

function choose(clues: readonly Clue[], person: SitePerson): Clue | undefined {
  const others = clues.filter(({ offer }) => offer.personId !== person.id);
  const now = others.filter(({ method }) => method !== 'sticky_advocate');
  // Whoever names somebody takes nothing from whoever brings them.
  const sure = now.find(({ confirmed }) => confirmed);
  const first = now.find(({ offer }) => sure === undefined || offer.id === sure.offer.id);
  if (first === undefined) {
    return clues.find(({ offer, method }) => offer.personId === person.id && !WEAK.includes(method));
  }
  // Whoever brought them first keeps them, once they are brought again. An event and what follows from it is one story.
  const sticky = others.find(
    ({ method, campaign }) => method === 'sticky_advocate' && campaign.id === first.campaign.id,
  );
  if (sticky === undefined || first.method === 'event_chain') return first;
  return sticky.offer.id === first.offer.id ? { ...sticky, claim: first.claim, channel: first.channel } : sticky;
}

/** Where all that is promised is for new customers, nobody else is a friend. */
async function mayBeFriend(
  tx: Transaction<Tables>,
  { campaign }: Clue,
  origin: Origin,
  person: SitePerson,
): Promise<boolean> {
  const promised = campaign.settings.incentives.filter(({ reason }) => reason === 'referrer' || reason === 'referred');
  if (promised.length === 0 || promised.some(({ criteria }) => criteria?.newCustomer !== true)) return true;
  return !(await boughtBefore(tx, origin, person.id));
}
