import { afterEach, beforeEach, expect, test } from 'vitest';
import { IncomingRun } from '#core/calls/incoming-run.js';
import type { CallTaker } from '#core/calls/taken-call.js';
import { Turns } from '#core/calls/turns.js';
import type { Core } from '#core/core.js';
import { openBusiness, type Business } from '#test/business.js';

/** Which calls are looked at past all who wait. */
let business: Business;
let looked: string[];
let finished: number;
let turns: ConstructorParameters<typeof IncomingRun>[2];

beforeEach(async () => {
  business = await openBusiness();
  looked = [];
  finished = 0;
  turns = { letIn: new Turns(2), asked: new Turns(4) };
});
afterEach(() => business.close());

/** Only 911 is for help, and whoever is let in has no route. */
const taker: CallTaker = {
  meansHelp: ({ incoming }) => Promise.resolve(incoming.to === '911'),
  takeTrunkCall: () => Promise.resolve(480),
  takePhoneCall: ({ incoming: { to } }) => {
    looked.push(to);
    const help = { isHelp: true, write: () => Promise.resolve(604), begin: () => expect.unreachable() };
    return Promise.resolve(to === '911' ? help : 480);
  },
};

async function comesIn(to: string, refusal?: number): Promise<void> {
  const work: Promise<void>[] = [];
  const background = { run: (_: string, of: () => Promise<void>) => void work.push(of()) };
  const core = { ...business, background, wake: {}, killPoint: () => undefined } as unknown as Core;
  const incoming = { kind: 'leg.incoming', leg: `leg-${to}`, from: '101', to } as const;
  const origin = { kind: 'phone', phone: 'pho_1' } as const;
  const legs = { add: () => undefined, remove: () => undefined };
  const coming = {
    ...{ id: 'cal_1', core },
    mode: 'live',
    incoming: { ...incoming, seq: 1, at: 0, origin },
    legs,
    refusal,
  } as const;
  new IncomingRun(taker, coming, turns).start(() => (finished += 1));
  await Promise.all(work);
}

const refusals = () => business.live.commands.map((command) => 'sipCode' in command && command.sipCode);

test('an extension that is a number for help elsewhere is not looked at where there is no room', async () => {
  await comesIn('102', 486);
  expect(looked).toEqual([]);
  expect(refusals()).toEqual([486]);
  expect(finished).toBe(1);
});

test('nor before its turn', async () => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const others = [turns.letIn.take(() => held), turns.letIn.take(() => held)];
  const coming = comesIn('102');
  await comesIn('911', 486);
  expect(looked).toEqual(['911']);
  release();
  await Promise.all([...others, coming]);
  expect(looked).toEqual(['911', '102']);
  expect(refusals()).toEqual([604, 480]);
});
