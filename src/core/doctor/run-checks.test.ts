import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CarrierSet } from '#carriers/carrier-set.js';
import { runChecks, type Check, type Installation } from '#core/doctor/index.js';
import { addNumber, SANDBOX_NUMBER } from '#core/numbers/index.js';
import { insertCampaign } from '#test/campaign-calls.js';
import { addPhone, recordRegistration } from '#core/phones/index.js';
import { changeRouting } from '#core/routing/index.js';
import { addTrunk } from '#core/trunks/index.js';
import { USUAL_MAILBOX } from '#core/voicemail/index.js';
import type { Speech } from '#speech/tts.js';
import { openBusiness, type Business } from '#test/business.js';

let business: Business;
beforeAll(async () => {
  business = await openBusiness();
  // Calls reach nobody; trunks answer when their name says so.
  business.live.onCommand = (command) => {
    if (command.kind === 'dial') {
      business.live.emit({ kind: 'leg.ended', leg: command.leg, cause: 'unreachable', by: 'us' });
    }
    if (command.kind === 'probe') {
      const ok = command.trunk === answering;
      business.live.emit({ kind: 'probe.done', probe: command.probe, ok, detail: ok ? '200 OK' : 'silence' });
    }
  };
});
afterAll(() => business.close());

let answering = '';
const actor = 'test';
const healthy: Installation = {
  dataFolder: '/',
  sipAddress: { host: '127.0.0.1', port: 5060 },
  schema: async () => ({ pending: [], unknown: [] }),
};

/** Voices have a test of their own. */
const SPEECHLESS: Speech = {
  voices: () => [],
  resolveVoice: () => undefined,
  voiceFor: () => undefined,
  say: async () => [],
  speak: () => Promise.reject(new Error('no speech here')),
  close: async () => undefined,
};

async function check(accountId: string, installation = healthy): Promise<Map<string, Check>> {
  const found = new Map<string, Check>();
  const core = { ...business, carriers: new CarrierSet({}), speech: SPEECHLESS, hearing: undefined, mail: undefined };
  for await (const one of runChecks(core, { accountId, installation })) found.set(one.name, one);
  return found;
}

describe('the database', () => {
  it.each([
    ['missing migrations', { pending: ['0002-more'], unknown: [] }, 'sidetone migrate'],
    ['a newer schema', { pending: [], unknown: ['0009-later'] }, 'newer version'],
  ])('fails on %s', async (_, state, sentence) => {
    const found = await check(await business.account(sentence.replace(' ', '-')), {
      ...healthy,
      schema: async () => state,
    });
    expect(found.get('database')).toMatchObject({ status: 'fail' });
    expect(found.get('database')?.message).toContain(sentence);
  });

  it('fails when it does not answer', async () => {
    const schema = () => Promise.reject(new Error('connection refused'));
    const found = await check(await business.account('silent'), { ...healthy, schema });
    expect(found.get('database')).toEqual({
      name: 'database',
      status: 'fail',
      message: 'It does not answer: connection refused',
    });
  });
});

describe('an account', () => {
  it('that has nothing yet is warned of what it cannot do', async () => {
    const accountId = await business.account('empty');
    await addNumber(business, { actor, accountId, mode: 'live', number: SANDBOX_NUMBER });
    const found = await check(accountId);
    expect(found.get('trunks')).toMatchObject({ status: 'warn' });
    expect(found.get('text carriers')).toMatchObject({ status: 'warn' });
    expect(found.get('emergency calls')).toMatchObject({ status: 'ok' });
    expect(found.get('phones')).toMatchObject({ status: 'ok' });
    expect(found.get('numbers')).toMatchObject({ status: 'ok' });
    expect(found.get('loopback call')).toMatchObject({ status: 'fail' });
  });

  it('hears of each trunk, of phones that are away, and of numbers that ring nowhere', async () => {
    const accountId = await business.account('busy');
    const trunk = { actor, accountId, sipHost: '127.0.0.1' };
    answering = (await addTrunk(business, { ...trunk, name: 'good', uri: 'sip:127.0.0.1:5098' })).id;
    await addTrunk(business, { ...trunk, name: 'bad', uri: 'sip:127.0.0.1:5099' });
    const phone = await addPhone(business, { actor, accountId, name: '101', number: '+18005550601' });
    await addPhone(business, { actor, accountId, name: '102' });
    await addNumber(business, { actor, accountId, mode: 'live', number: '+18005550602' });
    await addNumber(business, { actor, accountId, mode: 'live', number: '+18005550603' });
    await changeRouting(business, { accountId, mode: 'live', author: actor, summary: 'led to 101' }, (draft) => {
      const id = [...draft.configuration.numbers].find(([, number]) => number === '+18005550603')![0];
      draft.put('number', id, {
        description: '',
        destination: { type: 'phone', id: '101' },
        record: null,
        welcome: null,
      });
    });
    const contact = { uri: 'sip:101@192.0.2.7', transport: 'udp', address: '192.0.2.7', port: 5060 } as const;
    await recordRegistration(business, {
      phoneId: phone.id,
      contacts: [{ ...contact, expiresAt: business.clock.now() + 60_000 }],
    });

    const found = await check(accountId);
    expect(found.get('trunk good')?.status).toBe('ok');
    expect(found.get('trunk bad')).toMatchObject({ status: 'fail' });
    expect(found.get('phones')).toMatchObject({ status: 'warn' });
    expect(found.get('phones')?.message).toContain('102.');
    expect(found.get('phones')?.message).not.toContain('101');
    expect(found.get('numbers')).toMatchObject({ status: 'warn' });
    expect(found.get('numbers')?.message).toContain(': +18005550602.');
    expect(found.get('numbers')?.message).not.toContain('+18005550601');
    expect(found.has('calling back')).toBe(false);
  });

  it('hears whether whoever calls back a campaign can reach it', async () => {
    const accountId = await business.account('campaigns');
    const at = new Date(business.clock.now());
    await insertCampaign(business.db, { id: 'cmp_back', accountId, mode: 'live', at });
    await business.db
      .updateTable('campaigns')
      .set({ started_at: at, senders: ['+18005550611'] })
      .execute();
    const message = async () => (await check(accountId)).get('calling back')?.message;
    expect(await message()).toMatch(/^Campaigns call from numbers that are elsewhere: \+18005550611\./);
    await addNumber(business, { actor, accountId, mode: 'live', number: '+18005550611' });
    expect(await message()).toMatch(/^No trunk brings calls in.*\+18005550611\.$/);
    await addTrunk(business, { actor, accountId, sipHost: '127.0.0.1', name: 'in', uri: 'sip:127.0.0.1:5097' });
    expect((await check(accountId)).get('calling back')).toMatchObject({ status: 'ok' });
  });
});

describe('e-mail', () => {
  it('is missed where a mailbox wants somebody to be told of its messages', async () => {
    const accountId = await business.account('letters');
    expect((await check(accountId)).get('e-mail')).toMatchObject({ status: 'ok' });
    await changeRouting(business, { accountId, mode: 'live', author: 'test', summary: 'mailboxes' }, async (draft) => {
      await draft.create('mailbox', { ...USUAL_MAILBOX, name: 'Sales', emails: ['anna@example.com'] });
      await draft.create('mailbox', { ...USUAL_MAILBOX, name: 'Fax' });
    });
    expect((await check(accountId)).get('e-mail')).toEqual({
      name: 'e-mail',
      status: 'warn',
      message:
        'No mail server is configured, so no letters are sent: set SIDETONE_SMTP_URL and start again. Nobody is told of messages in: Sales.',
    });
  });
});
