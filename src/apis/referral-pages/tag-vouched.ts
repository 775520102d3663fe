import type { Static } from 'typebox';
import { emailOf, type Browser, type Gleam, type Share } from '#apis/referral-pages/tag-says.js';
import { HttpProblem } from '#apis/http/index.js';
import { codesWaitingFor, offerInCampaign } from '#core/advocates/index.js';
import type { Core } from '#core/core.js';
import { advocatePage } from '#core/offers/index.js';
import { createOrigin } from '#core/referral-programme/index.js';
import { advocateToken, fillTexts } from '#core/shares/index.js';
import { isSignedIdentity } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';

/** Whoever the shop vouches for has an offer from now on, and a page on which to pass it on. */
export async function share(
  core: Core,
  site: Site,
  said: Static<typeof Share>,
  browser: Browser,
): Promise<Record<string, unknown>> {
  const email = await vouchedFor(core, site, said);
  const joined = await createOrigin(core, site, {
    ...{ kind: 'affiliate_member', person: { email }, visitor: said.visitor, ...browser },
  });
  const shared =
    said.campaign === undefined ? joined.offer : await offerInCampaign(core, site, joined.person.id, said.campaign);
  if (!shared) return { page: null, code: null };
  const { offer } = shared;
  return { page: `${advocatePage(core, offer)}?t=${advocateToken(core, offer)}`, code: offer.code };
}

/** Of codes that wait for whoever the shop vouches for. */
export async function gleam(core: Core, site: Site, said: Static<typeof Gleam>): Promise<Record<string, unknown>> {
  const email = await vouchedFor(core, site, said);
  const waiting = await codesWaitingFor(core, site, { email, visitor: said.visitor });
  if (waiting === null) return { headline: null, rewards: [] };
  const { headline } = fillTexts(site, waiting.campaign, { link: site.url, advocate: null });
  const rewards = waiting.rewards.map(({ description, coupon }) => ({
    ...{ description, coupon_code: coupon?.code ?? null },
    expires_at: coupon?.expiresAt?.toISOString() ?? null,
  }));
  return { headline, rewards };
}

/** @throws HttpProblem */
async function vouchedFor(core: Core, site: Site, said: { email: string; identifier_hash: string }): Promise<string> {
  const email = emailOf(said.email);
  if (await isSignedIdentity(core, site, email, said.identifier_hash)) return email;
  throw new HttpProblem('forbidden_scope', '`identifier_hash` does not fit the address.', { field: 'identifier_hash' });
}
