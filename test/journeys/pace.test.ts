import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAccount, createKey } from '#core/accounts/index.js';
import { addNumber } from '#core/numbers/index.js';
import { addTrunk } from '#core/trunks/index.js';
import type { Engine, EngineCommand } from '#voice/engine.js';
import { SimulatedEngine, SIMULATED_TRUNK } from '#voice/simulated/simulated-engine.js';
import { addCall, insertCampaign } from '../campaign-calls.js';
import { openWorld, SANDBOX_NUMBER, type World } from '../world.js';

interface Dial {
  at: number;
  number: string;
  /** Legs on the same trunk, this one included. */
  atOnce: number;
}

/** Trunks start with ten channels and one call a second, evenly spaced, and none holds up another (rule 15). */
describe('queued calls of live keys', () => {
  let world: World;
  let dials: Dial[];

  beforeEach(async () => {
    dials = [];
    world = await openWorld({
      live: (clock) => {
        const simulated = new SimulatedEngine(clock);
        const trunkOf = new Map<string, string>();
        simulated.on((event) => {
          if (event.kind === 'leg.ended') trunkOf.delete(event.leg);
        });
        const behindEveryTrunk: Engine = {
          on: (listener) => simulated.on(listener),
          close: () => simulated.close(),
          send(command: EngineCommand) {
            if (command.kind !== 'dial' || command.to.kind !== 'trunk') return simulated.send(command);
            const { trunk, number } = command.to;
            trunkOf.set(command.leg, trunk);
            const atOnce = [...trunkOf.values()].filter((other) => other === trunk).length;
            dials.push({ at: clock.now(), number, atOnce });
            simulated.send({ ...command, to: { kind: 'trunk', trunk: SIMULATED_TRUNK, number } });
          },
        };
        return behindEveryTrunk;
      },
    });
  });
  afterEach(async () => {
    expect(await world.violations()).toEqual([]);
    await world.close();
  });

  async function place(number: string, words: number, who = { key: world.keys.live, from: SANDBOX_NUMBER }) {
    const reply = await world.request('POST', '/api/v1/calls', {
      key: who.key,
      body: { to: number, from: who.from, message: 'word '.repeat(words) },
    });
    expect(reply.status, JSON.stringify(reply.body)).toBe(201);
  }

  const someone = (n: number): string => `+1212555${String(1000 + n)}`;

  async function trunk(name: string, accountId?: string): Promise<void> {
    const owner = accountId === undefined ? {} : { accountId };
    await addTrunk(world.core, { ...owner, name, uri: 'sip:127.0.0.1:9', sipHost: '127.0.0.1', actor: 'test' });
  }

  async function waiting(): Promise<number> {
    const rows = await world.core.db.selectFrom('calls').select('id').where('ended_at', 'is', null).execute();
    return rows.length;
  }

  test('leave one a second while channels are free, then as they become free', async () => {
    await trunk('carrier');
    // 20 s of message each: the trunk is full after ten seconds.
    for (let n = 0; n < 25; n++) await place(someone(n), 80);
    await world.runUntil('the end of all', async () => (await waiting()) === 0);

    expect(dials.map(({ number }) => number).sort()).toEqual(Array.from({ length: 25 }, (_, n) => someone(n)));
    expect(Math.max(...dials.map(({ atOnce }) => atOnce))).toBe(10);
    const gaps = dials.slice(1).map(({ at }, n) => at - (dials[n]?.at ?? 0));
    // The claiming loop is a hundredth of a second fine.
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(990);
    expect(Math.max(...gaps.slice(0, 9))).toBeLessThanOrEqual(1010);
    const [ninth, tenth] = [gaps[8] ?? 0, gaps[9] ?? 0];
    expect(tenth, 'the eleventh waits for a channel').toBeGreaterThan(ninth + 5000);
  });

  /** Calls of a campaign that wait to be dialled, each 20 s long. */
  async function campaign(id: string, first: number, calls: number): Promise<void> {
    const whose = { id, accountId: world.account.id, mode: 'live', at: new Date(world.clock.now()) } as const;
    await insertCampaign(world.core.db, whose);
    for (let n = 0; n < calls; n++) {
      await addCall(world.core.db, whose, { position: n + 1, phone: someone(first + n), words: 80 });
    }
    world.core.wake.calls();
  }

  test('of campaigns leave channels free, so that nobody else waits for one of them to hang up', async () => {
    await trunk('carrier');
    await campaign('cmp_big', 0, 25);
    await world.run(15_000);
    expect(dials).toHaveLength(8);

    const placedAt = world.clock.now();
    await place(someone(99), 1);
    await world.runUntil('the single call', () => dials.length > 8);
    expect(dials.at(-1)).toMatchObject({ number: someone(99), atOnce: 9 });
    expect(world.clock.now() - placedAt).toBeLessThanOrEqual(1000);
  });

  test('of campaigns that came at different times share what there is', async () => {
    await trunk('carrier');
    await campaign('cmp_first', 0, 25);
    await world.run(3500);
    await campaign('cmp_second', 50, 25);
    await world.run(8000);
    const ofSecond = dials.filter(({ number }) => Number(number.slice(-2)) >= 50);
    expect([dials.length, ofSecond.length]).toEqual([8, 4]);
  });

  test('of another account, on its own trunk, are not held up by a full one', async () => {
    const { core } = world;
    const other = await createAccount(core, { name: 'Other', actor: 'test' });
    const { secret: key } = await createKey(core, { accountId: other.id, mode: 'live', actor: 'test' });
    const from = '+18005550177';
    await addNumber(core, { accountId: other.id, mode: 'live', number: from, actor: 'test' });
    await trunk('carrier');
    await trunk('carrier-of-other', other.id);
    for (let n = 0; n < 25; n++) await place(someone(n), 80);
    await world.run(12_000);
    expect(dials).toHaveLength(10);

    const placedAt = world.clock.now();
    await place(someone(99), 1, { key, from });
    await world.runUntil('the call of the other account', () => dials.length > 10);
    expect(dials.at(-1)).toMatchObject({ number: someone(99), atOnce: 1 });
    expect(world.clock.now() - placedAt).toBeLessThanOrEqual(1000);
  });
});
