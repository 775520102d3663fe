import { escapeHtml } from '#apis/referral-pages/page-frame.js';
import {
  leadersOf,
  milestonesGiven,
  progressOf,
  rewardsOfAdvocate,
  tiersOf,
  type Leader,
  type Tier,
} from '#core/advocates/index.js';
import type { Core } from '#core/core.js';
import { isOver, isUsedUp } from '#core/coupons/index.js';
import type { SharedOffer } from '#core/offers/index.js';
import type { Reward } from '#core/rewards/index.js';

const MOST_REWARDS_SHOWN = 50;

/**
 * What campaigns of a type show on the page of an advocate beside what all show, as HTML. It says who they are, what they were given,
 * and who else brings friends: for whoever the shop vouches for alone.
 */
export async function sectionsOf(core: Core, shared: SharedOffer): Promise<string> {
  switch (shared.campaign.kind) {
    case 'advocate_dashboard':
      return dashboard(core, shared);
    case 'tiered_rewards':
      return tiers(core, shared);
    case 'leaderboard':
      return leaderboard(await leadersOf(core, shared));
    default:
      return '';
  }
}

async function dashboard(core: Core, shared: SharedOffer): Promise<string> {
  const { came, waiting, approved } = await progressOf(core, shared);
  const brought =
    came === 0 && waiting + approved === 0
      ? 'Nobody came by your link yet.'
      : `${friends(came)} came by your link. ${bought(approved, waiting)}`;
  const rewards = (await rewardsOfAdvocate(core, shared)).slice(0, MOST_REWARDS_SHOWN);
  const at = new Date(core.clock.now());
  const list = rewards.map((reward) => `<li>${rewardLine(reward, at)}</li>`).join('');
  return `<h2>Your friends</h2><p>${brought}</p>${list === '' ? '' : `<h2>Your rewards</h2><ul>${list}</ul>`}`;
}

function bought(approved: number, waiting: number): string {
  if (approved === 0 && waiting === 0) return 'Nobody bought yet.';
  const done = `${approved} ${approved === 1 ? 'purchase was' : 'purchases were'} approved`;
  if (waiting === 0) return `${done}.`;
  return `${done}, and ${waiting} ${waiting === 1 ? 'is' : 'are'} being looked at.`;
}

function rewardLine({ description, kind, status, coupon }: Reward, at: Date): string {
  const what = escapeHtml(description ?? kind);
  if (coupon === null) return status === 'unpaid' ? `${what} <span class="small">on its way</span>` : what;
  const code = `${what} <code>${escapeHtml(coupon.code)}</code>`;
  if (isUsedUp(coupon)) return `${code} <span class="small">used</span>`;
  if (isOver(coupon, at)) return `${code} <span class="small">over</span>`;
  const end = coupon.expiresAt?.toISOString().slice(0, 10);
  return end === undefined ? code : `${code} <span class="small">until ${end}</span>`;
}

async function tiers(core: Core, shared: SharedOffer): Promise<string> {
  const { approved } = await progressOf(core, shared);
  const list = tiersOf(shared.campaign, approved, await milestonesGiven(core, shared)).map(
    (tier) => `<li>${tierLine(tier)}</li>`,
  );
  return `<h2>How far you are</h2><p>${purchases(approved)} of your friends so far.</p><ol class="plain">${list.join('')}</ol>`;
}

function tierLine({ description, purchases: count, repeats, missing }: Tier): string {
  const far = missing === 0 ? 'reached' : `${missing} to go`;
  return `${purchases(count)}: ${escapeHtml(description)} (${far}${repeats ? ', and again after that' : ''})`;
}

function leaderboard(leaders: readonly Leader[]): string {
  const lines = leaders.map(({ place, name, friends: count, isAdvocate }) => {
    const who = isAdvocate ? '<strong>You</strong>' : escapeHtml(name ?? 'Somebody');
    return `<tr><td>${place}.</td><td>${who}</td><td>${count}</td></tr>`;
  });
  const table =
    lines.length === 0
      ? ''
      : `<table><thead><tr><th>Place</th><th>Who</th><th>Friends who bought</th></tr></thead><tbody>${lines.join('')}</tbody></table>`;
  const isThere = leaders.some(({ isAdvocate }) => isAdvocate);
  return `<h2>Who brought most friends</h2>${table}${isThere ? '' : '<p>You are not among them yet.</p>'}`;
}

function friends(count: number): string {
  return `${count} ${count === 1 ? 'friend' : 'friends'}`;
}

/** Each counts that was approved, also several of one friend. */
function purchases(count: number): string {
  return `${count} ${count === 1 ? 'purchase' : 'purchases'}`;
}
