import { afterEach, expect, test } from 'vitest';
import { compareWithPrompt, openPhone, tone, type Phone, type PhoneOptions } from '../phones.js';
import { babble } from '../phones/babble.js';
import { openBaresip } from './baresip.js';
import { describeWithPeer } from './real-peer.js';

const open: { close(): Promise<void> }[] = [];

function kept<T extends { close(): Promise<void> }>(thing: T): T {
  open.push(thing);
  return thing;
}

async function phone(options: PhoneOptions): Promise<Phone> {
  return kept(await openPhone(options));
}

afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

describeWithPeer('baresip', 'our phone and a softphone that is not ours', () => {
  test.each([
    { transport: 'udp', codec: 'PCMU' },
    { transport: 'tcp', codec: 'PCMA' },
  ] as const)('over $transport it answers, speaks, hears a prompt whole, and keys go both ways', async (options) => {
    const { transport } = options;
    const baresip = kept(await openBaresip({ ...options, says: tone(440, -10, 1000) }));
    const from = await phone({ transport });
    const out = await from.invite(baresip.uri);
    expect(await baresip.incoming()).toContain('sip:phone@127.0.0.1');
    await out.progressed(180);
    await baresip.accept();
    await Promise.all([out.answered(), baresip.established()]);
    const prompt = babble(1500);
    await Promise.all([out.sendSamples(prompt), out.waitForSound(1000)]);
    expect(Math.abs((out.heardTone()?.hz ?? 0) - 440)).toBeLessThan(2);
    expect(Math.abs((out.heardTone()?.dbm0 ?? 0) + 10)).toBeLessThan(0.5);
    await Promise.all([out.pressAll('19#'), baresip.press('0*5')]);
    await Promise.all([out.waitForDigits('0*5'), baresip.waitForDigits('19#')]);
    expect(await out.hangup()).toBe(200);
    const { missing, lengthDifferenceMs, levelDifferenceDb } = compareWithPrompt(await baresip.heard(), prompt);
    expect(missing).toEqual([]);
    expect(Math.abs(lengthDifferenceMs)).toBeLessThanOrEqual(40);
    expect(Math.abs(levelDifferenceDb)).toBeLessThan(1);
    expect(from.complaints()).toEqual([]);
  });

  test.each(['udp', 'tcp'] as const)('over %s it holds, resumes and hangs up', async (transport) => {
    const baresip = kept(await openBaresip({ transport, autoAnswer: true }));
    const from = await phone({ transport });
    const out = await from.invite(baresip.uri);
    await Promise.all([out.answered(), baresip.established()]);
    await baresip.hold();
    await out.until('to be held', () => out.heldByThem);
    await baresip.resume();
    await out.until('to be held no more', () => !out.heldByThem);
    await baresip.hangup();
    expect(await out.ended).toMatchObject({ by: 'them', how: 'bye' });
    expect(from.complaints()).toEqual([]);
  });

  test.each(['udp', 'tcp'] as const)('over %s it declines, and stops ringing when cancelled', async (transport) => {
    const baresip = kept(await openBaresip({ transport }));
    const from = await phone({ transport });
    const declined = await from.invite(baresip.uri);
    await baresip.incoming();
    await baresip.hangup();
    expect((await declined.refused()).status).toBe(486);
    const cancelled = await from.invite(baresip.uri);
    await cancelled.progressed(180);
    cancelled.cancel();
    expect(await cancelled.ended).toMatchObject({ how: 'cancel', status: 487 });
    expect(from.complaints()).toEqual([]);
  });

  test.each(['udp', 'tcp'] as const)(
    'over %s it registers and is called at its contact; it calls too',
    async (transport) => {
      const provider = await phone({ transport });
      const registrar = provider.acceptRegistrations({ desk: 'secret' });
      const server = { host: '127.0.0.1', port: provider.port };
      const account = { transport, registrar: server, user: 'desk', autoAnswer: true };
      const baresip = kept(await openBaresip({ ...account, password: 'secret' }));
      expect((await baresip.registration()).type).toBe('REGISTER_OK');
      const out = await provider.invite(await registrar.registered('desk'));
      await out.answered();
      await out.hangup();
      await baresip.ended();
      await baresip.dial(`sip:+15005550100@127.0.0.1:${provider.port};transport=${transport}`);
      const call = await provider.nextCall();
      expect([call.from.user, call.calledUser]).toEqual(['desk', '+15005550100']);
      await call.answer();
      await baresip.hangup();
      expect(await call.ended).toMatchObject({ by: 'them', how: 'bye' });

      const wrong = kept(await openBaresip({ ...account, password: 'guess' }));
      expect((await wrong.registration()).type).toBe('REGISTER_FAIL');
      expect(registrar.counts.wrong).toBeGreaterThan(0);
      expect(provider.complaints()).toEqual([]);
    },
  );
});
