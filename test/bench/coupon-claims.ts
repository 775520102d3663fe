/** Single-use codes of one list that many ask for at once: how many a second, and that none is given twice. */
import { performance } from 'node:perf_hooks';
import { addCouponCodes, MOST_CODES_AT_ONCE, saveCouponList, takeCoupon } from '#core/coupons/index.js';
import { openShop } from '../shop.js';
import type { World } from '../world.js';
import { openBenchApp } from './bench-app.js';

const LANES = [1, 8, 32, 128];
const CLAIMS_EACH = 2000;

const bench = await openBenchApp();
try {
  const { core } = bench.app.platform;
  const [account] = await bench.accounts(1);
  const shop = (await openShop({ ...bench.app.platform, account } as unknown as World)).site.test;
  // Of codes that are handed in: those of a list with a prefix are made up, and nobody else could have the same.
  const list = {
    ...{ name: 'Bench', amount: 1000, percentage: null, description: null, singleUse: true, usageLimit: null },
    ...{ expiresAt: null, validDays: null, prefix: null, refillBelow: null },
  };
  const { id: listId } = (await saveCouponList(core, shop, list, { actor: 'bench', which: 'new' })).list;
  let made = 0;
  console.log('at once   codes/s   p50        p99        given twice');
  for (const lanes of LANES) {
    for (let left = CLAIMS_EACH; left > 0; left -= MOST_CODES_AT_ONCE) {
      const codes = Array.from({ length: Math.min(left, MOST_CODES_AT_ONCE) }, () => `BENCH${++made}`);
      await addCouponCodes(core, shop, { listId, codes, actor: 'bench' });
    }
    const given: string[] = [];
    const tookMs: number[] = [];
    let asked = 0;
    const beganMs = performance.now();
    await Promise.all(
      Array.from({ length: lanes }, async () => {
        while (asked < CLAIMS_EACH) {
          asked++;
          const sentMs = performance.now();
          const coupon = await core.db
            .transaction()
            .execute((tx) => takeCoupon(tx, core, shop, { listId, personId: null }));
          tookMs.push(performance.now() - sentMs);
          if (coupon !== undefined) given.push(coupon.code);
        }
      }),
    );
    const seconds = (performance.now() - beganMs) / 1000;
    tookMs.sort((one, other) => one - other);
    const share = (part: number): string =>
      `${(tookMs[Math.floor(tookMs.length * part)] ?? 0).toFixed(1)} ms`.padEnd(10);
    const twice = given.length - new Set(given).size;
    const rate = (given.length / seconds).toFixed(0).padStart(7);
    console.log(`${`${lanes}`.padStart(7)}   ${rate}   ${share(0.5)} ${share(0.99)} ${twice}`);
  }
} finally {
  await bench.close();
}
