import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '#clock.js';
import { addPhone } from '#core/phones/index.js';
import { openFlite } from '#speech/flite.js';
import { openBaresip } from '../peers/baresip.js';
import { describeWithPeer } from '../peers/real-peer.js';
import { sippAnswers } from '../peers/sipp.js';
import { compareWithPrompt, measureTone, type HeardSound } from '../phones.js';
import { parseWav } from '../phones/wav.js';
import { FROM, openSipStage, TO, type SipStage } from '../sip-stage.js';

/** The documented request, as it stands there but for its addresses. */
const SEED = {
  to: TO,
  from: FROM,
  message:
    'Hello {FIRST_NAME}, this is a reminder about your appointment on {APPT_DATE} at {APPT_TIME}. Press 1 to confirm or 2 to reschedule.',
  voice: 'en-US-Neural-F',
  variables: {
    FIRST_NAME: 'Sarah',
    APPT_DATE: 'Tuesday, April 15th',
    APPT_TIME: '3:15 PM',
  },
};
const MESSAGE =
  'Hello Sarah, this is a reminder about your appointment on Tuesday, April 15th at 3:15 PM. Press 1 to confirm or 2 to reschedule.';
const STANDS_IN = 'en-US-Standard-F';
const CONFIRMED = [
  '/call-status call.answered',
  '/call-status call.completed',
  '/call-status call.dtmf',
  '/confirm call.dtmf',
];

/** A phone of another make: what a stall of the machine does to its recording is not told by RTP time stamps. */
const MEASURED_BY_ANOTHER = { retry: 2 };

let stage: SipStage;

beforeAll(async () => {
  stage = await openSipStage({ tts: await openFlite({ clock: systemClock }) });
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

function placeSeed(more: object = {}): Promise<string> {
  const { url } = stage.receiver;
  return stage.place({
    ...SEED,
    dtmf: {
      '1': { action: 'webhook', url: `${url}/confirm` },
      '2': { action: 'webhook', url: `${url}/reschedule` },
      '9': { action: 'optout' },
    },
    ...more,
  });
}

/** What the platform says for these texts, one after the other: 8,000 samples a second. */
async function spoken(...texts: string[]): Promise<Int16Array> {
  const { speech } = stage.world.core;
  const voice = speech.resolveVoice(STANDS_IN);
  if (voice === undefined) throw new Error(`no voice ${STANDS_IN}`);
  const clips: Int16Array[] = [];
  for (const text of texts) clips.push(...(await speech.say(text, voice.voice)).map(({ pcm }) => pcm));
  return Int16Array.from(clips.flatMap((clip) => [...clip]));
}

/** After the call: comparing takes long enough to disturb the sound of whoever talks in this process. */
function expectWhole(heard: HeardSound, prompt: Int16Array): void {
  const { missing, lost, lengthDifferenceMs, levelDifferenceDb } = compareWithPrompt(heard, prompt);
  expect({ missing, lost }).toEqual({ missing: [], lost: [] });
  expect(Math.abs(lengthDifferenceMs)).toBeLessThanOrEqual(40);
  expect(Math.abs(levelDifferenceDb)).toBeLessThanOrEqual(1);
}

async function expectConfirmed(callId: string, to: string, amdResult = 'unknown'): Promise<void> {
  expect(await stage.ended(callId)).toMatchObject({
    status: 'completed',
    dtmf_response: '1',
    digits: '1',
    amd_result: amdResult,
    attempts: 1,
    sip_code: 200,
    voice: 'en-US-Neural-F',
    voice_used: STANDS_IN,
    voice_degraded: true,
    live: true,
  });
  expect(stage.told(callId)).toEqual(CONFIRMED);
  expect(stage.event(callId, 'call.dtmf', '/confirm')).toMatchObject({ to, from: FROM, digit: '1' });
  expect(stage.event(callId, 'call.completed')).toMatchObject({ to, status: 'answered', dtmf_response: '1' });
}

describe('the documented call (scriptable phone)', () => {
  test('is heard whole, confirmed with 1, thanked for and reported', async () => {
    const carrier = await stage.carrier();
    // As documented, with machines looked for: the key proves a person.
    const callId = await placeSeed({ amd: undefined });
    const phone = await carrier.nextCall();
    expect(phone.calledUser).toBe(TO);
    expect(phone.from.user).toBe(FROM);
    phone.ring();
    await phone.answer();
    const message = await spoken(MESSAGE);
    await phone.waitForPrompt(message);
    await phone.press('1');
    expect(await phone.ended).toMatchObject({ by: 'them', how: 'bye' });
    expectWhole(phone.heard(), message);
    expectWhole(phone.heard(), await spoken('Thank you. Goodbye.'));
    await expectConfirmed(callId, TO, 'human');
    expect(carrier.invitesSeen().distinct).toBe(1);
  });

  test('whose person presses 9 is the last one: the next is refused', async () => {
    const to = '+12125550109';
    const carrier = await stage.carrier();
    const callId = await placeSeed({ to });
    const phone = await carrier.nextCall();
    await phone.answer();
    await phone.waitForSound(300);
    await phone.press('9');
    expect(await phone.ended).toMatchObject({ by: 'them', how: 'bye' });
    expect(await stage.ended(callId)).toMatchObject({ status: 'completed', dtmf_response: '9' });
    expect(stage.told(callId)).toEqual([
      '/call-status call.answered',
      '/call-status call.completed',
      '/call-status call.dtmf',
      '/call-status contact.optout',
    ]);
    expect(stage.event(callId, 'contact.optout')).toMatchObject({ to, digit: '9', source: 'key' });

    const next = await stage.request('POST', '/api/v1/calls', { body: { ...SEED, to } });
    expect(next.status).toBe(403);
    expect(JSON.stringify(next.body)).toContain('recipient_opted_out');
    expect(carrier.invitesSeen().distinct).toBe(1);
  });

  test('says that it is recorded, and keeps what both sides said', async () => {
    const carrier = await stage.carrier();
    const callId = await stage.place({ message: 'Press 1 to confirm.', record: true });
    const phone = await carrier.nextCall();
    await phone.answer();
    const said = await spoken('This call is recorded.', 'Press 1 to confirm.');
    await phone.waitForPrompt(said);
    await phone.sendTone(1004, -10, 600);
    // What was said a moment before the end is still in the jitter buffer.
    await phone.sendSamples(new Int16Array(8 * 200));
    await phone.hangup();
    expectWhole(phone.heard(), said);

    const call = await stage.ended(callId);
    const recorded = await stage.request('GET', `/api/v1/calls/${callId}/recording`);
    expect(recorded.status).toBe(200);
    expect(recorded.headers['content-type']).toBe('audio/wav');
    expect(call['recording']).toMatchObject({ bytes: recorded.raw.length });
    const pcm = parseWav(recorded.raw);
    const all = { pcm, received: new Uint8Array(pcm.length).fill(1), packets: 0, lostPackets: 0, duplicates: 0 };
    const heard: HeardSound = { ...all, reordered: 0 };
    // The recording keeps the time of a stall, as the time stamps do: it is what the phone heard, which is what was said.
    const atPhone = phone.heard(0, 'kept').pcm;
    const spokenEnd = atPhone.findLastIndex((sample) => Math.abs(sample) > 8) + 1;
    const sent = atPhone.subarray(0, spokenEnd);
    expectWhole(heard, sent);
    const end = compareWithPrompt(heard, sent).atMs * 8 + sent.length;
    const tone = measureTone(pcm.subarray(end));
    expect(tone?.hz).toBeCloseTo(1004, -1);
    expect(Math.abs((tone?.dbm0 ?? 0) + 10)).toBeLessThanOrEqual(1);
    expect(Math.abs((tone?.ms ?? 0) - 600)).toBeLessThanOrEqual(80);

    expect((await stage.request('DELETE', `/api/v1/calls/${callId}/recording`)).status).toBeLessThan(300);
    expect((await stage.request('GET', `/api/v1/calls/${callId}/recording`)).status).toBe(404);
  });
});

describeWithPeer(
  'sipp',
  'the documented call',
  () => {
    test.each(['udp', 'tcp'] as const)('is answered over %s and confirmed with 1', async (transport) => {
      const second = { sound: new Int16Array(8000) };
      const sipp = await sippAnswers({ transport, plays: [second, { digits: '1' }] });
      try {
        await stage.trunk(sipp.uri.replace('sipp@', ''));
        const callId = await placeSeed();
        await expectConfirmed(callId, TO);
        const { code, errors } = await sipp.result();
        expect({ code, errors }).toEqual({ code: 0, errors: '' });
      } finally {
        await sipp.close();
      }
    });
  },
  { rawSockets: true },
);

describeWithPeer('baresip', 'the documented call to a phone of ours by its number', () => {
  const to = '+12125550101';
  const password = 'a-long-password';

  beforeAll(async () => {
    const { core, account } = stage.world;
    await addPhone(core, { accountId: account.id, name: '101', password, number: to, actor: 'test' });
  });

  test('is heard whole and confirmed with 1', MEASURED_BY_ANOTHER, async () => {
    const { core, sip } = stage.world;
    const baresip = await openBaresip({ user: '101', registrar: sip, password });
    try {
      expect((await baresip.registration()).type).toBe('REGISTER_OK');
      const messageOver = new Promise<void>((resolve) => {
        const stop = core.engines.live.on((event) => {
          if (event.kind !== 'job.done' || event.outcome !== 'completed') return;
          stop();
          resolve();
        });
      });
      const callId = await placeSeed({ to });
      await baresip.incoming();
      await baresip.accept();
      await messageOver;
      await baresip.press('1');
      await baresip.ended();
      expectWhole(await baresip.heard(), await spoken(MESSAGE));
      await expectConfirmed(callId, to);
    } finally {
      await baresip.close();
    }
  });
});
