import { afterEach, expect, test } from 'vitest';
import { compareWithPrompt, openPhone, tone, type Phone, type PhoneOptions } from '../phones.js';
import { babble } from '../phones/babble.js';
import { describeWithPeer } from './real-peer.js';
import {
  sippAnswers,
  sippAsksForDigest,
  sippCalls,
  sippHangsUp,
  sippLetsItRing,
  sippRefuses,
  sippRegisters,
} from './sipp.js';

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

const eventPayload = 97;

describeWithPeer('sipp', 'our phone and a peer that is not ours', () => {
  test('a prompt that it echoes comes back whole', async () => {
    const sipp = kept(await sippAnswers({ echo: true, codec: 'PCMA' }));
    const from = await phone({ codecs: ['PCMA'] });
    const out = await from.invite(sipp.uri);
    await out.answered();
    const prompt = babble(1200);
    await out.sendSamples(prompt);
    await out.waitForPrompt(prompt);
    const { missing, lengthDifferenceMs, levelDifferenceDb } = compareWithPrompt(out.heard(), prompt);
    expect({ missing, lengthDifferenceMs }).toEqual({ missing: [], lengthDifferenceMs: 0 });
    expect(Math.abs(levelDifferenceDb)).toBeLessThan(0.3);
    await out.hangup();
    expect(await sipp.result()).toMatchObject({ code: 0, errors: '' });
  });

  test.each(['udp', 'tcp'] as const)('over %s it refuses', async (transport) => {
    for (const [status, phrase] of [
      [486, 'Busy Here'],
      [603, 'Decline'],
    ] as const) {
      const sipp = kept(await sippRefuses({ transport, status, phrase }));
      const out = await (await phone({ transport })).invite(sipp.uri);
      expect(await out.ended).toEqual({ by: 'them', how: 'refused', status, phrase, reason: 'Q.850;cause=17' });
      expect(await sipp.result()).toMatchObject({ code: 0, errors: '' });
    }
  });

  test.each(['udp', 'tcp'] as const)('over %s it rings until it is cancelled', async (transport) => {
    const sipp = kept(await sippLetsItRing({ transport }));
    const out = await (await phone({ transport })).invite(sipp.uri);
    await out.progressed(180);
    out.cancel('SIP;cause=200');
    expect(await out.ended).toMatchObject({ how: 'cancel', status: 487 });
    const result = await sipp.result();
    expect(result).toMatchObject({ code: 0, errors: '' });
    expect(result.messages).toContain('Reason: SIP;cause=200');
  });

  test.each(['udp', 'tcp'] as const)('over %s it hangs up in the middle', async (transport) => {
    const sipp = kept(await sippHangsUp({ transport, afterMs: 300 }));
    const out = await (await phone({ transport })).invite(sipp.uri);
    await out.answered();
    expect(await out.ended).toEqual({ by: 'them', how: 'bye', reason: 'Q.850;cause=16' });
    expect(await sipp.result()).toMatchObject({ code: 0, errors: '' });
  });

  test.each(['udp', 'tcp'] as const)(
    'over %s it asks for a digest and knows a right answer from a wrong one',
    async (transport) => {
      for (const password of ['secret', 'guess']) {
        const sipp = kept(await sippAsksForDigest({ transport, user: 'trunk', password: 'secret' }));
        const out = await (await phone({ transport })).invite(sipp.uri, { user: 'trunk', password });
        if (password === 'secret') {
          await out.answered();
          await out.hangup();
        } else expect((await out.refused()).status).toBe(403);
        const { code, errors, notes } = await sipp.result();
        expect({ code, errors }).toEqual({ code: 0, errors: '' });
        expect(notes).toContain(password === 'secret' ? 'digest right' : 'digest wrong');
      }
    },
  );

  test.each(['udp', 'tcp'] as const)(
    'over %s it registers with a password, and fails with a wrong one',
    async (transport) => {
      const provider = await phone({ transport });
      const registrar = provider.acceptRegistrations({ desk: 'secret' });
      const server = { host: '127.0.0.1', port: provider.port };
      const contact = 'sip:desk@127.0.0.1:9';
      const right = kept(await sippRegisters({ transport, server, user: 'desk', password: 'secret', contact }));
      expect(await right.result()).toMatchObject({ code: 0, errors: '' });
      expect(await registrar.registered('desk')).toBe(contact);
      const wrong = kept(await sippRegisters({ transport, server, user: 'desk', password: 'guess', contact }));
      expect((await wrong.result()).code).toBe(1);
      expect(registrar.counts).toMatchObject({ right: 1, wrong: 1 });
      expect(provider.complaints()).toEqual([]);
    },
  );
});

describeWithPeer(
  'sipp',
  'our phone and a peer that plays captures',
  () => {
    test.each(['udp', 'tcp'] as const)('over %s it answers, plays sound and presses keys', async (transport) => {
      const plays = [{ sound: tone(440, -10, 600) }, { digits: '19#' }];
      const sipp = kept(await sippAnswers({ transport, plays, eventPayload }));
      const out = await (await phone({ transport, codecs: ['PCMU'] })).invite(sipp.uri);
      await out.answered();
      expect(out.progress).toEqual([100, 180]);
      await out.waitForDigits('19#');
      expect(Math.abs((out.heardTone()?.hz ?? 0) - 440)).toBeLessThan(2);
      expect(await out.hangup('Q.850;cause=16')).toBe(200);
      expect(await sipp.result()).toMatchObject({ code: 0, errors: '' });
    });

    test.each(['udp', 'tcp'] as const)(
      'over %s it calls with a password, presses keys and hangs up',
      async (transport) => {
        const to = await phone({ transport });
        const counts = to.requireDigest({ user: 'desk', password: 'secret', as: 'server' });
        const server = { host: '127.0.0.1', port: to.port };
        const plays = [{ sound: tone(1000, -10, 400) }, { digits: '7' }];
        const sipp = kept(
          await sippCalls({ transport, server, user: 'desk', password: 'secret', to: '101', talkMs: 1200, plays }),
        );
        const call = await to.nextCall();
        expect([call.from.user, call.calledUser]).toEqual(['desk', '101']);
        await call.answer();
        expect(await call.ended).toMatchObject({ by: 'them', how: 'bye' });
        expect(call.heardDigits()).toBe('7');
        expect(Math.abs((call.heardTone()?.hz ?? 0) - 1000)).toBeLessThan(2);
        expect(counts).toMatchObject({ right: 1, wrong: 0 });
        expect(await sipp.result()).toMatchObject({ code: 0, errors: '' });
      },
    );
  },
  { rawSockets: true },
);
