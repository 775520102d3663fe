import type { Core } from '#core/core.js';
import { newId } from '#core/ids.js';
import { campaignFacts } from '#core/referral-campaigns/index.js';
import type { SharedOffer } from '#core/offers/index.js';
import { siteFacts } from '#core/sites/index.js';
import { webhookHeaders } from '#core/webhooks/index.js';

/** A letter waits for an answer, so the answer comes soon or not at all. */
const ANSWER_WITHIN_MS = 2000;
const AT_ONCE = 8;

type Parts = Pick<Core, 'db' | 'clock' | 'secrets' | 'dialects' | 'postWebhook'>;
export type Wants = 'wants' | 'wants none' | 'unknown';

interface Asked {
  url: string;
  dialect: string;
  secret: string;
}

/**
 * Asks the shop, where it registered an endpoint for that, whether these people want letters. Empty: nobody is to be asked.
 * `unknown`: it did not say so in time.
 */
export async function askWhoWantsNone(
  core: Parts,
  shared: SharedOffer,
  emails: readonly string[],
  letter: 'share' | 'reminder',
): Promise<Map<string, Wants>> {
  const answers = new Map<string, Wants>();
  const endpoints = emails.length === 0 ? [] : await endpointsToAsk(core, shared);
  if (endpoints.length === 0) return answers;
  const waiting = [...emails];
  const work = async (): Promise<void> => {
    for (let email = waiting.shift(); email !== undefined; email = waiting.shift()) {
      let said: Wants = 'wants';
      for (const endpoint of endpoints) {
        said = await ask(core, endpoint, shared, email, letter);
        if (said !== 'wants') break;
      }
      answers.set(email, said);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return answers;
}

async function endpointsToAsk(core: Parts, { site }: SharedOffer): Promise<Asked[]> {
  const questions = Object.entries(core.dialects).flatMap(([dialect, { asks }]) =>
    asks === undefined ? [] : [{ dialect, event: asks.event }],
  );
  const rows = await core.db
    .selectFrom('webhook_endpoints')
    .select(['url', 'dialect', 'events', 'secret_encrypted'])
    .where('site_id', '=', site.id)
    .where('enabled', '=', true)
    .orderBy('id')
    .execute();
  return rows.flatMap(({ url, dialect, events, secret_encrypted: sealed }) => {
    const isAsked = questions.some((question) => question.dialect === dialect && events.includes(question.event));
    return isAsked && sealed !== null ? [{ url, dialect, secret: core.secrets.open(sealed) }] : [];
  });
}

async function ask(
  core: Parts,
  { url, dialect, secret }: Asked,
  { site, campaign }: SharedOffer,
  recipient: string,
  letter: 'share' | 'reminder',
): Promise<Wants> {
  const asks = core.dialects[dialect]?.asks;
  if (asks === undefined) return 'unknown';
  const at = new Date(core.clock.now());
  const body = JSON.stringify(
    asks.render({ ...siteFacts(site), campaign: campaignFacts(campaign), recipient, letter, mode: site.mode }, secret),
  );
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Sidetone-Webhooks/1',
    ...webhookHeaders(newId('evt', at.getTime()), at, body, [secret]),
    ...(site.mode === 'test' ? { 'sidetone-mode': 'test' } : {}),
  };
  let tooLate: { cancel(): void } | undefined;
  const late = new Promise<undefined>((resolve) => {
    tooLate = core.clock.after(ANSWER_WITHIN_MS, () => resolve(undefined));
  });
  const result = await Promise.race([core.postWebhook({ url, headers, body }), late]);
  tooLate?.cancel();
  if (result === undefined || !result.ok) return 'unknown';
  const wantsNone = asks.read(result.excerpt);
  return wantsNone === undefined ? 'unknown' : wantsNone ? 'wants none' : 'wants';
}
