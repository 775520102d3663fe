import { sql } from 'kysely';
import { createAccount, createKey, FIRST_ACCOUNT_NAME, listAccounts, recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { addNumber, SANDBOX_NUMBER } from '#core/numbers/index.js';
import { applySiteDocument } from '#core/site-documents/index.js';
import { createSite } from '#core/sites/index.js';
import { rollWebhookSecret } from '#core/webhooks/index.js';

const ACTOR = 'first-start';
const FIRST_START_LOCK = [0x51de, -2] as const;

/** Shown once and kept nowhere in the clear. */
export interface FirstStart {
  liveKey: string;
  testKey: string;
  webhookSecret: string;
  /** Of the site, which they alone reach. */
  siteKeys: { live: string; test: string };
  /** With which its server vouches for addresses. */
  siteSecurityKeys: { live: string; test: string };
}

const DEMO_SITE = 'demo';
/** Ten for whoever recommends, ten for whoever comes. */
const DEMO = {
  name: 'Demo shop',
  coupon_lists: [
    { name: 'Advocates', amount: 10, description: 'Ten off, for your recommendation', prefix: 'THANKS-' },
    { name: 'Friends', amount: 10, description: 'Ten off your first purchase', prefix: 'HELLO-' },
  ],
  campaigns: [
    {
      ...{ slug: 'give-10-get-10', name: 'Give 10, get 10', type: 'invite', status: 'live', tags: ['default'] },
      incentives: [
        {
          ...{ identifier: 'advocate', reason: 'referrer', type: 'discount_coupon', amount: 10 },
          ...{ description: '10 off your next purchase', coupon_list: 'Advocates' },
        },
        {
          ...{ identifier: 'friend', reason: 'referred', type: 'discount_coupon', amount: 10 },
          ...{ description: '10 off your first purchase', coupon_list: 'Friends' },
        },
      ],
    },
  ],
};

/**
 * In an empty installation: an account with its keys, its webhook secret, the sandbox number, and a site that customers
 * can recommend.
 */
export async function prepareFirstStart(core: Core): Promise<FirstStart | undefined> {
  return core.db.transaction().execute(async (db) => {
    const within = { ...core, db };
    // Two processes may start on one empty database: the second finds the first one's account.
    await sql`select pg_advisory_xact_lock(${FIRST_START_LOCK[0]}, ${FIRST_START_LOCK[1]})`.execute(db);
    if ((await listAccounts(within)).length > 0) return undefined;
    const account = await createAccount(within, { name: FIRST_ACCOUNT_NAME, actor: ACTOR });
    const keys = [];
    for (const mode of ['live', 'test'] as const) {
      keys.push((await createKey(within, { accountId: account.id, mode, actor: ACTOR })).secret);
      await addNumber(within, { accountId: account.id, mode, number: SANDBOX_NUMBER, actor: ACTOR });
    }
    const webhookSecret = await rollWebhookSecret(within, account.id);
    await recordAudit(db, {
      accountId: account.id,
      actor: ACTOR,
      action: 'webhook_secret.create',
      subject: account.id,
      at: new Date(core.clock.now()),
    });
    const created = await createSite(within, { accountId: account.id, slug: DEMO_SITE, actor: ACTOR });
    const { site, keys: siteKeys, securityKeys: siteSecurityKeys } = created;
    await applySiteDocument(within, [site.live, site.test], DEMO, ACTOR);
    return { liveKey: keys[0] ?? '', testKey: keys[1] ?? '', webhookSecret, siteKeys, siteSecurityKeys };
  });
}

interface Started {
  urls: { http: string; sip: string; sipTls?: string };
  firstStart: FirstStart | undefined;
}

/** What a person needs to know after the start; secrets only the first time. */
export function announce(app: Started): void {
  const { urls, firstStart } = app;
  const overTls = urls.sipTls === undefined ? '' : `, ${urls.sipTls} (TLS)`;
  const lines = [
    '',
    `  API    ${urls.http}`,
    `  Docs   ${urls.http}/docs`,
    `  SIP    ${urls.sip} (UDP and TCP)${overTls}`,
    '',
  ];
  if (firstStart !== undefined) {
    lines.push(
      '  Shown only now; keep them:',
      `    live key        ${firstStart.liveKey}`,
      `    test key        ${firstStart.testKey}`,
      `    webhook secret  ${firstStart.webhookSecret}`,
      `    demo site live  ${firstStart.siteKeys.live}`,
      `    demo site test  ${firstStart.siteKeys.test}`,
      `    demo site live  ${firstStart.siteSecurityKeys.live}  (security key)`,
      `    demo site test  ${firstStart.siteSecurityKeys.test}  (security key)`,
      '',
      '  A call on the simulated network; the called person presses 1:',
      '',
      curl(urls.http, firstStart.testKey, '/api/v1/calls', {
        to: '+15005550001',
        from: SANDBOX_NUMBER,
        message: 'Hello {FIRST_NAME}, press 1 to confirm.',
        variables: { FIRST_NAME: 'Sarah' },
        dtmf: { '1': { action: 'hangup' }, '9': { action: 'optout' } },
      }),
      '',
      '  What became of it:',
      '',
      `curl -s '${urls.http}/api/v1/calls?limit=1' -H 'Authorization: Bearer ${firstStart.testKey}'`,
      '',
      '  A one-time code, spoken on the simulated network; 000000 always verifies:',
      '',
      curl(urls.http, firstStart.testKey, '/v1/otp', { to: '+15005550001' }),
      curl(urls.http, firstStart.testKey, '/v1/otp/verify', { to: '+15005550001', code: '000000' }),
      '',
      '  A text to the simulated network, and what became of it:',
      '',
      curl(urls.http, firstStart.testKey, '/api/v1/sms', {
        to: '+15005550001',
        from: SANDBOX_NUMBER,
        message: 'Hello {FIRST_NAME}, your table is booked.',
        variables: { FIRST_NAME: 'Sarah' },
      }),
      `curl -s '${urls.http}/api/v1/sms?limit=1' -H 'Authorization: Bearer ${firstStart.testKey}'`,
      '',
      '  Somebody recommends the demo shop; claim_url is the link for friends:',
      '',
      curl(urls.http, firstStart.siteKeys.test, '/referrals/api/v2/origins/affiliate_member', {
        data: { email: 'sarah@example.com', first_name: 'Sarah' },
      }),
      '',
    );
  }
  console.log(lines.join('\n'));
}

function curl(url: string, key: string, path: string, body: object): string {
  return [
    `curl -s ${url}${path} \\`,
    `  -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' \\`,
    `  -d '${JSON.stringify(body)}'`,
  ].join('\n');
}
