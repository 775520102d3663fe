import { sql, type Transaction } from 'kysely';
import type { Origin } from '#core/origins/index.js';
import { fraudPoliciesOf } from '#core/referral-campaigns/index.js';
import { RESTS, type Clue } from '#core/referrals/clues.js';
import { similarEmails } from '#core/referrals/similar-email.js';
import type { SitePerson } from '#core/site-people/index.js';
import { FRAUD_CHECKS, type FraudCheck, type FraudFinding, type Site } from '#core/sites/index.js';
import type { Tables } from '#core/tables.js';

/** The latest of the advocate, with which the friend's is compared. */
const COMPARED_ORIGINS = 200;

/** What was found to be the same of both; null: nothing. Origins and referrals are named by their ids. */
interface Traces {
  browser_known: boolean;
  browser_origin: number | null;
  shipping_origin: number | null;
  ip_origin: number | null;
  agent_origin: number | null;
  agent_claim: number | null;
  mutual_referral: number | null;
}

/**
 * Every check, what it found, and what follows from it. Evidence names what was compared, and holds nothing personal: it
 * outlives those whom it is about.
 */
export async function lookForFraud(
  tx: Transaction<Tables>,
  site: Site,
  origin: Origin,
  { advocate, friend }: { advocate: SitePerson; friend: SitePerson },
  { campaign, claim, unconfirmed }: Clue & { unconfirmed: string | undefined },
): Promise<FraudFinding[]> {
  const traces = await commonTraces(tx, site, origin, friend, advocate.id, claim);
  const policies = fraudPoliciesOf(campaign, site);
  const evidence: Record<FraudCheck, string | undefined> = {
    self_referral: samePerson(advocate, friend),
    cookie:
      traces.browser_origin !== null
        ? `Origin ${traces.browser_origin} of the advocate came from the friend's browser.`
        : traces.browser_known
          ? "The advocate was known in the friend's browser."
          : undefined,
    similar_email: similarEmails(advocate.email, friend.email),
    shipping_address: sameOrigin(traces.shipping_origin, 'was sent to the same address'),
    ip_and_user_agent:
      traces.agent_claim === null
        ? sameOrigin(traces.agent_origin, 'came from the same IP address and the same kind of browser')
        : `Click ${traces.agent_claim} of the advocate came from the same IP address and the same kind of browser.`,
    ip: sameOrigin(traces.ip_origin, 'came from the same IP address'),
    phone:
      advocate.id !== friend.id && advocate.phone !== null && advocate.phone === friend.phone
        ? 'Both have one telephone number.'
        : undefined,
    mutual:
      traces.mutual_referral === null
        ? undefined
        : `The friend brought the advocate before: referral ${traces.mutual_referral}.`,
    unconfirmed_claim: unconfirmed,
  };
  return FRAUD_CHECKS.map((check): FraudFinding => {
    const found = evidence[check];
    // Nobody brings themselves, whatever the site thinks of second addresses.
    const policy = check === 'self_referral' && advocate.id === friend.id ? 'block' : policies[check];
    if (policy === 'skip') return { check, outcome: 'skip', matched: false, evidence: null };
    const matched = found !== undefined;
    return { check, outcome: matched ? policy : 'pass', matched, evidence: found ?? null };
  });
}

function samePerson(advocate: SitePerson, friend: SitePerson): string | undefined {
  if (advocate.id === friend.id) return 'Advocate and friend are one person.';
  const isOne = advocate.mailbox !== null && advocate.mailbox === friend.mailbox;
  return isOne ? 'Both addresses lead to one mailbox.' : undefined;
}

function sameOrigin(id: number | null, what: string): string | undefined {
  return id === null ? undefined : `Origin ${id} of the advocate ${what}.`;
}

async function commonTraces(
  tx: Transaction<Tables>,
  site: Site,
  origin: Origin,
  friend: SitePerson,
  advocateId: number,
  claim: Clue['claim'],
): Promise<Traces> {
  const visitors = [origin.visitor, claim?.visitor, claim?.shopVisitor].filter((uuid) => typeof uuid === 'string');
  const ips = [origin.ip, claim?.ip].filter((ip) => typeof ip === 'string');
  const { rows } = await sql<Traces>`
    with theirs as (
      select id, visitor, ip, user_agent, shipping_key from origins
      where person_id = ${advocateId} and id <> ${origin.id} order by id desc limit ${COMPARED_ORIGINS}
    )
    select
      exists (
        select from visitor_people
        where site_id = ${site.id} and uuid = any(${visitors}::uuid[]) and person_id = ${advocateId}
      ) as browser_known,
      (select min(id) from theirs where visitor = any(${visitors}::uuid[])) as browser_origin,
      (select min(id) from theirs where shipping_key = ${origin.shippingKey}) as shipping_origin,
      (select min(id) from theirs where ip = any(${ips}::text[])) as ip_origin,
      (select min(id) from theirs where (ip = ${origin.ip} and user_agent = ${origin.userAgent})
        or (ip = ${claim?.ip ?? null} and user_agent = ${claim?.userAgent ?? null})) as agent_origin,
      (
        select min(seen.id) from visitor_people browser cross join lateral (
          select * from offer_claims where site_id = ${site.id} and visitor = browser.uuid
          union all
          select * from offer_claims where site_id = ${site.id} and shop_visitor = browser.uuid
        ) as seen
        where browser.person_id = ${advocateId} and seen.id is distinct from ${claim?.id ?? null}
          and ((seen.ip = ${origin.ip} and seen.user_agent = ${origin.userAgent})
            or (seen.ip = ${claim?.ip ?? null} and seen.user_agent = ${claim?.userAgent ?? null}))
      ) as agent_claim,
      (select min(id) from referrals earlier where advocate_id = ${friend.id} and friend_id = ${advocateId}
        and ${RESTS}) as mutual_referral`.execute(tx);
  const [traces] = rows;
  if (traces === undefined) throw new Error('nothing was read of what a friend and an advocate share');
  return traces;
}
