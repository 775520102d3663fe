import { afterAll, beforeAll, expect, it } from 'vitest';
import { BanList } from '#core/bans/index.js';
import { openBusiness, type Business } from '#test/business.js';

let business: Business;
let bans: BanList;
beforeAll(async () => {
  business = await openBusiness();
  bans = new BanList(business);
});
afterAll(() => business.close());

const ban = (address: string, minutes: number) => {
  const since = business.clock.now();
  return { address, reason: 'wrong passwords', since, until: since + minutes * 60_000 };
};
const addresses = (): string[] => bans.list().map(({ address }) => address);

it('knows what the engine last said, without what is over', () => {
  expect(bans.list()).toEqual([]);
  business.live.emit({ kind: 'bans', bans: [ban('192.0.2.1', 10), ban('192.0.2.2', 60)] });
  expect(addresses()).toEqual(['192.0.2.2', '192.0.2.1']);
  business.clock.advance(600_000);
  expect(addresses()).toEqual(['192.0.2.2']);
});

it('tells the engine what to lift, and writes down who did it', async () => {
  business.live.emit({ kind: 'bans', bans: [ban('192.0.2.1', 10), ban('2001:db8::1', 10)] });
  expect(await bans.lift({ address: '2001:db8::1', actor: 'test' })).toBe(1);
  expect(business.live.commands.at(-1)).toEqual({ kind: 'unban', address: '2001:db8::1' });
  expect(await bans.lift({ actor: 'test' })).toBe(2);
  expect(business.live.commands.at(-1)).toEqual({ kind: 'unban' });
  const audits = await business.db.selectFrom('audit_log').select(['action', 'subject']).orderBy('id').execute();
  expect(audits).toEqual([
    { action: 'ban.lift', subject: '2001:db8::1' },
    { action: 'ban.lift', subject: 'all' },
  ]);
});

it('refuses an address that is not banned', async () => {
  const before = business.live.commands.length;
  await expect(bans.lift({ address: '192.0.2.99', actor: 'test' })).rejects.toMatchObject({
    code: 'ban.not_found',
    field: 'address',
  });
  expect(business.live.commands).toHaveLength(before);
});
