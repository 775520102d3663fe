/** What people see, in a real browser: the tag in a page of a shop, the pages of advocates and friends, and `/docs`. */
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { advocateOf, buys } from '../referral-rows.js';
import { openShop, type Shop } from '../shop.js';
import { openWorld, type World } from '../world.js';
import { Chromium, PHONE, type Page } from './chromium.js';
import { describeWithPeer, freePort } from './real-peer.js';

/** Every text that somebody can write is this, and must stay it. */
const MISCHIEF = '<img src=x onerror="document.title=1"><script>document.title=1</script>\'"><svg onload=alert(1)>';
const ADVOCATE = 'anna@example.com';

let world: World;
let home: string;
/** The pages of the shop itself: one with the tag, and all others. */
let store: Server;
let storeUrl: string;
let shop: Shop;
let gated: Shop;
let mischief: Shop;
let chromium: Chromium;
let page: Page;

async function openShopHere(slug: string, campaign: Parameters<typeof openShop>[1] = {}): Promise<Shop> {
  const made = await openShop(world, { slug, ...campaign });
  expect((await made.ask('PUT', '/manage/site', { url: `${storeUrl}/welcome` })).status).toBe(200);
  return made;
}

/** What the shop's server says of somebody. */
function signed(email: string): string {
  return createHmac('sha256', shop.securityKeys.test).update(email).digest('hex');
}

/** What the tag answers to a call. */
function say<T>(what: string, data: object | null): Promise<T> {
  return page.evaluate(`new Promise((done) => sidetone('${what}', ${JSON.stringify(data)}, done))`);
}

const fitsThePhone = async (): Promise<void> => {
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(PHONE.width);
};

async function openStore(): Promise<void> {
  store = createServer((request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    const tag =
      '<script>window.sidetone = window.sidetone || function () { (sidetone.q = sidetone.q || []).push(arguments); };' +
      "sidetone('visitor', null, function (visitor) { document.body.dataset.visitor = visitor; });</script>" +
      `<script async src="${home}/referrals/t.js" data-site="${shop.site.test.publicId}"></script>`;
    const withTag = request.url?.startsWith('/tagged') === true ? tag : '';
    response.end(
      `<!doctype html><title>The Shop</title><link rel="icon" href="data:,"><h1>The Shop</h1><div id="place"></div>${withTag}`,
    );
  });
  const port = await freePort();
  await new Promise<void>((resolve) => store.listen(port, '127.0.0.1', resolve));
  storeUrl = `http://127.0.0.1:${port}`;
}

describeWithPeer('chromium', 'pages', () => {
  beforeAll(async () => {
    const port = await freePort();
    home = `http://127.0.0.1:${port}`;
    world = await openWorld({ port });
    await openStore();
    shop = await openShopHere('shop');
    gated = await openShopHere('gated', { campaign: { emailGating: true } });
    const texts = {
      ...{ headline: MISCHIEF, description: MISCHIEF, friendHeadline: `{name} ${MISCHIEF}` },
      ...{ friendDescription: MISCHIEF, shareSubject: MISCHIEF, shareMessage: `${MISCHIEF} {link}` },
    };
    mischief = await openShopHere('mischief', { campaign: { emailGating: true, texts } });
    chromium = new Chromium();
  });
  afterAll(async () => {
    await chromium.close();
    await new Promise((resolve) => store.close(resolve));
    await world.close();
  });
  afterEach(() => {
    expect(page.faults).toEqual([]);
  });

  test('the tag says who bought, and earns nothing by itself', async () => {
    page = await chromium.page();
    await page.go(`${storeUrl}/tagged`);
    const visitor = await page.until<string>('document.body.dataset.visitor');
    expect(visitor).toMatch(/^[0-9a-f-]{36}$/);
    expect(await say('purchase', { email: 'tom@example.com', order_number: '1' })).toEqual({ ok: true });
    expect(await world.core.db.selectFrom('origins').select('id').execute()).toEqual([]);
    expect((await buys(shop, 'tom@example.com', '1')).status).toBe(201);
    const { visitor: known } = await world.core.db
      .selectFrom('origins')
      .select('visitor')
      .where('number', '=', '1')
      .executeTakeFirstOrThrow();
    expect(known).toBe(visitor);
    await page.go(`${storeUrl}/tagged?again`);
    expect(await page.until('document.body.dataset.visitor')).toBe(visitor);
  });

  test('the tag says who somebody is, and shows their page in a frame of the shop', async () => {
    page = await chromium.page();
    await page.go(`${storeUrl}/tagged`);
    const identifier_hash = signed(ADVOCATE);
    await advocateOf(shop, ADVOCATE);
    const identified = await say('identify', { email: ADVOCATE, identifier_hash });
    expect(identified).toEqual({ ok: true, identified: true });
    const shared = await say<{ page: string }>('share', { email: ADVOCATE, identifier_hash, into: '#place' });
    expect(shared.page).toContain(`${home}/o/`);
    await page.until('document.body.innerText.includes("Give $10, get $10")', '/o/');
    expect(await page.text('/o/')).toContain('Copy the link');
  });

  test('the tag tells of codes that were not used, as text', async () => {
    const friends = { identifier: 'gift', reason: 'signup', type: 'discount_coupon', coupon_list: 'Friends' };
    const campaigns = [
      { slug: 'welcome', incentives: [{ ...friends, description: MISCHIEF }], joinable_by: ['event:registered'] },
      { slug: 'gleam', type: 'reward_gleam', texts: { headline: `Yours ${MISCHIEF}` } },
    ];
    for (const campaign of campaigns) {
      expect((await shop.ask('POST', '/manage/campaigns', campaign)).body).toMatchObject({ ok: true });
    }
    const email = 'given@example.com';
    const event = { email, event_category: 'registered', event_number: '1', subtotal: 0 };
    expect((await shop.ask('POST', '/origins/event', { data: event })).status).toBe(201);
    page = await chromium.page();
    await page.go(`${storeUrl}/tagged`);
    const told = await say<{ rewards: { coupon_code: string }[] }>('gleam', {
      ...{ email, identifier_hash: signed(email), into: '#place' },
    });
    const code = told.rewards[0]?.coupon_code ?? 'none';
    expect(code).toMatch(/^FRD/);
    const shown = await page.text();
    expect(shown).toContain(`Yours ${MISCHIEF}`);
    expect(shown).toContain(code);
    expect(await page.evaluate('document.title')).toBe('The Shop');
  });

  test('the page of an advocate fits a phone, copies the link and notes which way was taken', async () => {
    page = await chromium.page();
    await page.go(`${storeUrl}/tagged`);
    const identifier_hash = signed(ADVOCATE);
    const { page: own } = await say<{ page: string }>('share', { email: ADVOCATE, identifier_hash });
    page = await chromium.page(PHONE);
    await page.go(own);
    await fitsThePhone();
    const buttons = await page.evaluate<{ left: number; right: number; height: number }[]>(
      `[...document.querySelectorAll('button, a.button')].map((it) => {
        const { left, right, height } = it.getBoundingClientRect(); return { left, right, height }; })`,
    );
    expect(buttons.length).toBeGreaterThan(6);
    for (const { left, right, height } of buttons) {
      expect([left >= 0, right <= PHONE.width, height >= 44]).toEqual([true, true, true]);
    }
    await page.click('#copy');
    await page.until('document.getElementById("copied").textContent === "Copied."');
    // Where it leads is not ours: the click is enough.
    await page.evaluate(
      `document.querySelectorAll('a').forEach((it) => it.addEventListener('click', (event) => event.preventDefault()))`,
    );
    await page.click('a[data-channel="whatsapp"]');
    const channels = async () => await world.core.db.selectFrom('shares').select('channel').execute();
    await world.runUntil('the share', async () => (await channels()).length > 0);
    expect(await channels()).toEqual([{ channel: 'whatsapp' }]);
    await page.type('#recipients', 'vera@example.com');
    await page.click('form button');
    await page.until('document.body.innerText.includes("Sent to 1.")');
  });

  test('a link leads to the shop with the coupon', async () => {
    const { code } = await advocateOf(shop, ADVOCATE);
    page = await chromium.page(PHONE);
    await page.go(`${home}/r/${code}/facebook`);
    const address = new URL(await page.evaluate<string>('location.href'));
    expect(`${address.origin}${address.pathname}`).toBe(`${storeUrl}/welcome`);
    expect(address.searchParams.get('coupon')).toMatch(/^FRD/);
    const coupon = address.searchParams.get('coupon');
    await page.go(`${home}/r/${code}/facebook`);
    expect(new URL(await page.evaluate<string>('location.href')).searchParams.get('coupon')).toBe(coupon);
  });

  test('a friend without a link names who sent them, and goes to the shop', async () => {
    const campaign = { slug: 'by-name', type: 'claim_by_name', joinable_by: ['affiliate_member'] };
    expect((await shop.ask('POST', '/manage/campaigns', campaign)).body).toMatchObject({ ok: true });
    await advocateOf(shop, 'nina@example.com', { first_name: 'Nina', last_name: "O'Hara" });
    page = await chromium.page(PHONE);
    await page.go(`${home}/n/${shop.site.test.publicId}`);
    await fitsThePhone();
    await page.evaluate(
      "document.getElementById('first_name').value = 'nina'; document.getElementById('last_name').value = \"o'hara\";" +
        "document.querySelector('form').submit()",
    );
    await page.until('document.querySelector("a.button")');
    await page.evaluate('document.querySelector("a.button").click()');
    await page.until('document.title === "The Shop"');
    expect(await page.evaluate('location.href')).toContain(`${storeUrl}/welcome`);
  });

  test('a friend says who they are, is shown the coupon, and goes to the shop with it', async () => {
    const { code } = await advocateOf(gated, ADVOCATE, { first_name: 'Anna' });
    page = await chromium.page(PHONE);
    await page.go(`${home}/r/${code}`);
    await fitsThePhone();
    expect(await page.text()).not.toContain('FRD');
    await page.type('#email', 'tom@example.com');
    await page.click('form button');
    const coupon = await page.until<string>('document.getElementById("coupon")?.textContent');
    expect(coupon).toMatch(/^FRD/);
    await fitsThePhone();
    await page.click('#shop');
    await page.until(`location.href.startsWith(${JSON.stringify(`${storeUrl}/welcome`)})`);
    expect(new URL(await page.evaluate<string>('location.href')).searchParams.get('coupon')).toBe(coupon);
  });

  test('what people and shops write stays text', async () => {
    const { code } = await advocateOf(mischief, ADVOCATE, { first_name: MISCHIEF, last_name: MISCHIEF });
    for (const path of [`/o/${code}`, `/r/${code}`]) {
      page = await chromium.page(PHONE);
      await page.go(`${home}${path}`);
      await fitsThePhone();
      expect(await page.evaluate('document.querySelector("h1").textContent')).toContain(MISCHIEF);
      expect(await page.evaluate('document.querySelectorAll("main img, main svg, main script").length')).toBe(0);
      expect(page.faults).toEqual([]);
    }
    await page.evaluate('document.getElementById("email").type = "text"');
    await page.type('#email', MISCHIEF);
    await page.click('form button');
    await page.until(
      'document.getElementById("email").value.includes("onerror") && document.querySelector("[role=alert]") !== null',
    );
    expect(await page.evaluate('document.querySelectorAll("main img, main svg, main script").length')).toBe(0);
    expect(await page.evaluate('document.title')).toContain('onerror');
    // The browser itself tells of every page that was refused: it is the address that was, here.
    const refused = page.faults.splice(0).filter((fault) => !fault.includes('status of 422'));
    expect(refused).toEqual([]);
  });

  test('/docs: authorize, try an operation out, edit its example, execute it', async () => {
    page = await chromium.page();
    await page.go(`${home}/docs`);
    await page.until('[...document.querySelectorAll("#select option")].length > 1');
    await page.evaluate(
      `(() => { const choice = document.querySelector('#select');
        choice.value = [...choice.options].find((it) => it.textContent.includes('Referrals')).value;
        choice.dispatchEvent(new Event('change', { bubbles: true })); })()`,
    );
    await page.until('document.querySelector(".info .title")?.textContent.includes("Referrals")');
    await page.there('.btn.authorize.unlocked');
    await page.click('.btn.authorize');
    await page.type('.auth-container input', shop.keys.test);
    await page.click('.auth-btn-wrapper .authorize');
    await page.click('.auth-btn-wrapper .btn-done');
    await page.there('.btn.authorize.locked');
    const operation = '[id$="createAffiliateMember"]';
    await page.click(`${operation} .opblock-summary-control`);
    await page.there(`${operation} .try-out__btn`);
    expect(await page.evaluate(`document.querySelector('${operation} .execute')`)).toBeNull();
    await page.click(`${operation} .try-out__btn`);
    const example = await page.until<string>(`document.querySelector('${operation} textarea')?.value`);
    expect(JSON.parse(example)).toMatchObject({ data: { email: ADVOCATE } });
    await page.type(`${operation} textarea`, example.replace(ADVOCATE, 'docs@example.com'));
    await page.click(`${operation} .execute`);
    const status = `document.querySelector('${operation} .live-responses-table tbody .response-col_status')?.textContent`;
    await page.until(`${status}?.includes('201')`);
    const answer = await page.evaluate<string>(
      `document.querySelector('${operation} .live-responses-table tbody .response-col_description').textContent`,
    );
    expect(answer).toContain('docs@example.com');
    expect(answer).toContain('short_url_code');
    expect((await shop.ask('GET', '/people/docs@example.com')).status).toBe(200);
  });
});
