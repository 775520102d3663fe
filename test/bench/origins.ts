/**
 * Purchases a second that are written down durably, each by somebody new who is made an offer; the same where each was
 * brought by one of many advocates, by their browser; and as a batch.
 * Straight into the business, without HTTP: what `accepts` measures of the server is the same here.
 */
import { performance } from 'node:perf_hooks';
import { randomUUID } from 'node:crypto';
import type { Core } from '#core/core.js';
import { recordClaim } from '#core/offer-claims/index.js';
import type { NewOrigin } from '#core/origins/index.js';
import { acceptBatch, createOrigin, findOriginBatch, MOST_BATCH_ROWS } from '#core/referral-programme/index.js';
import type { Site } from '#core/sites/index.js';
import { openShop } from '../shop.js';
import type { World } from '../world.js';
import { openBenchApp, passed } from './bench-app.js';

const LANES = [1, 8, 32];
const MEASURE_MS = 5_000;
const LOOK_MS = 200;
const ADVOCATES = 200;

const bench = await openBenchApp();
try {
  const { core } = bench.app.platform;
  const [account] = await bench.accounts(1);
  const { site } = await openShop({ ...bench.app.platform, account } as unknown as World);
  let made = 0;
  const purchase = (): NewOrigin => {
    made++;
    return { kind: 'purchase', person: { email: `buyer${made}@example.com` }, number: `${made}`, subtotal: 1000 };
  };
  await measure(core, site.test, 'nobody brought them', purchase);
  const browsers: string[] = [];
  for (let n = 0; n < ADVOCATES; n++) {
    const person = { email: `advocate${n}@example.com` };
    const { offer } = await createOrigin(core, site.test, { kind: 'affiliate_member', person });
    if (offer === null) throw new Error('nobody can recommend the shop');
    const visitor = randomUUID();
    await recordClaim(core, offer, { channel: 'other', visitor, ip: null });
    browsers.push(visitor);
  }
  await measure(core, site.test, 'somebody brought them', () => {
    const bought = purchase();
    const visitor = browsers[made % ADVOCATES];
    return visitor === undefined ? bought : { ...bought, visitor };
  });
  const { referred } = await core.db
    .selectFrom('referrals')
    .select((eb) => eb.fn.countAll<number>().as('referred'))
    .where('site_id', '=', site.test.id)
    .executeTakeFirstOrThrow();
  console.log(`${referred} were referred`);
  const rows = Array.from({ length: MOST_BATCH_ROWS }, () => ({ origin: purchase() }));
  const beganMs = performance.now();
  const { id } = await acceptBatch(core, site.test, { kind: 'purchase', createOffers: true, rows });
  const acceptedMs = performance.now() - beganMs;
  let batch = await findOriginBatch(core, site.test, id);
  while (batch.endedAt === null) {
    await passed(LOOK_MS);
    batch = await findOriginBatch(core, site.test, id);
  }
  const seconds = (performance.now() - beganMs) / 1000;
  console.log(
    `a batch of ${batch.total}: accepted in ${acceptedMs.toFixed(0)} ms, made in ${seconds.toFixed(1)} s, ` +
      `${(batch.done / seconds).toFixed(0)} a second, ${batch.failed} failed`,
  );
} finally {
  await bench.close();
}

async function measure(core: Core, site: Site, what: string, next: () => NewOrigin): Promise<void> {
  console.log(what);
  console.log('at once   origins/s   p50        p99');
  for (const lanes of LANES) {
    const tookMs: number[] = [];
    const beganMs = performance.now();
    await Promise.all(
      Array.from({ length: lanes }, async () => {
        while (performance.now() - beganMs < MEASURE_MS) {
          const sentMs = performance.now();
          await createOrigin(core, site, next());
          tookMs.push(performance.now() - sentMs);
        }
      }),
    );
    const seconds = (performance.now() - beganMs) / 1000;
    tookMs.sort((one, other) => one - other);
    const share = (part: number): string =>
      `${(tookMs[Math.floor(tookMs.length * part)] ?? 0).toFixed(1)} ms`.padEnd(10);
    const rate = (tookMs.length / seconds).toFixed(0).padStart(9);
    console.log(`${`${lanes}`.padStart(7)}   ${rate}   ${share(0.5)} ${share(0.99)}`);
  }
}
