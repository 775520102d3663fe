import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { setLimit } from '#core/accounts/index.js';
import { MOST_INCOMING } from '#core/calls/refuse-incoming.js';
import { Office, THEIRS } from '../office.js';
import type { World } from '../world.js';

/** By which way calls of people get in and out, and what holds them up. */
let office: Office;
let world: World;

beforeEach(async () => {
  office = await Office.open();
  ({ world } = office);
});
afterEach(async () => {
  await world.settle();
  expect(await world.violations()).toEqual([]);
  await office.close();
});

describe('help (rule 11)', () => {
  test('is called before all who wait to be let in, also where there is no room for anybody', async () => {
    const others = Array.from({ length: MOST_INCOMING }, () => office.beginsOutside(THEIRS, { to: '+12125550000' }));
    const outside = office.begins('102', THEIRS);
    expect(office.refusalOf(outside)).toBe(486);
    const extension = office.begins('103', '102');
    office.begins('101', '*67911');
    await world.runUntil('help is dialled', () => office.sent('dial').length === 1);
    expect(office.dialled()).toMatchObject({ to: { trunk: office.trunk, number: '911' } });
    const before = office.engine.commands.findIndex(({ kind }) => kind === 'dial');
    const refused = office.engine.commands.slice(0, before).filter(({ kind }) => kind === 'hangup');
    expect(refused.length).toBeLessThan(MOST_INCOMING / 2);
    // 102 means help in some countries, and none here.
    expect(office.refusalOf(extension)).toBe(486);
    await world.settle();
    for (const other of others) expect(office.refusalOf(other)).toBe(480);
  });

  test('is called while the server waits for its calls to end', async () => {
    const caller = office.begins('101', '103');
    await world.settle();
    const closing = world.platform.close(600_000);
    const refused = office.begins('102', THEIRS);
    expect(office.refusalOf(refused)).toBe(503);
    const help = office.begins('102', '911');
    await world.settle();
    expect(office.dialled()).toMatchObject({ to: { number: '911' } });
    await office.answers(office.dialled().leg);
    await office.ends(help);
    await office.ends(caller);
    await closing;
    const helped = (await office.calls()).find(({ purpose }) => purpose === 'emergency');
    expect(helped).toMatchObject({ status: 'completed', reason: 'caller_hung_up' });
  });
});

describe('limits', () => {
  const limit = (name: string, value: number) =>
    setLimit(
      { ...world.core, keyRing: world.platform.keyRing },
      { accountId: world.account.id, name, value, actor: 'test' },
    );

  test('calls inside take nothing of what calls from outside may have', async () => {
    await office.route({ type: 'phone', id: '103' });
    await limit('incoming_calls', 1);
    office.begins('101', '102');
    await world.settle();
    const caller = office.beginsOutside();
    await world.settle();
    expect(office.dialled()).toMatchObject({ to: { phone: office.phones['103'] } });
    const second = office.beginsOutside();
    await world.settle();
    expect(office.refusalOf(caller)).toBeUndefined();
    expect(office.refusalOf(second)).toBe(486);
  });

  test('phones make so many calls at once, inside and outside, and help is none of them', async () => {
    await office.route({ type: 'phone', id: '103' });
    await limit('phone_calls', 2);
    office.begins('101', '102');
    const outside = office.begins('102', THEIRS);
    await world.run(1000);
    const third = office.begins('103', '101');
    await world.settle();
    expect(office.refusalOf(third)).toBe(486);
    // A caller from outside is none of theirs.
    const caller = office.beginsOutside();
    const help = office.begins('103', '911');
    await world.settle();
    expect(office.refusalOf(caller)).toBeUndefined();
    expect(office.refusalOf(help)).toBeUndefined();
    await office.ends(outside, 'canceled');
    const next = office.begins('103', '101');
    await world.settle();
    expect(office.refusalOf(next)).toBeUndefined();
  });
});
