import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#clock.js';
import { addPhone } from '#core/phones/index.js';
import { setPolicy } from '#core/verifications/index.js';
import { createEndpoint } from '#core/webhooks/index.js';
import { openFlite } from '#speech/flite.js';
import { findPrompt } from '../phones.js';
import type { HeardSound } from '../phones/rtp-receiver.js';
import { openSipStage, type SipStage } from '../sip-stage.js';
import { openBaresip, type Baresip } from './baresip.js';
import { describeWithPeer } from './real-peer.js';

/** One-time codes to a phone that is not ours: what it heard is all that is known of the code. */
const NUMBER = '+12125550101';
const PASSWORD = 'correct-horse-battery';
const DIGITS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
const SPEAKER = 'en-US-Standard-F';
const GREETER = 'en-US-Standard-M';
const MAILBOX =
  'Hello, you have reached the Miller family. We cannot come to the phone right now, so please leave us a message after the tone.';

describeWithPeer('baresip', 'a one-time code', () => {
  let stage: SipStage;
  let url: string;
  let phone: Baresip | undefined;

  beforeAll(async () => {
    stage = await openSipStage({ tts: await openFlite({ clock: systemClock }) });
    const { core, account, platform } = stage.world;
    await addPhone(core, { accountId: account.id, actor: 'test', name: '101', password: PASSWORD, number: NUMBER });
    const owner = { accountId: account.id, mode: 'live' as const, actor: 'test' };
    const events = ['otp.completed', 'otp.failed', 'otp.verified'];
    await createEndpoint(core, { ...owner, url: `${stage.receiver.url}/otp`, dialect: 'verify', events });
    // The second test calls the number of the first.
    for (const policy of [{ accountId: account.id }, {}]) {
      await setPolicy(core, { ...policy, name: 'cooldown_seconds', value: '0', actor: 'test' });
    }
    url = `http://127.0.0.1:${(await platform.server.listen()).port}/v1/otp`;
  });
  afterEach(async () => {
    await phone?.close();
    phone = undefined;
  });
  afterAll(() => stage.close());

  async function spoken(text: string, voiceId: string): Promise<Int16Array> {
    const { speech } = stage.world.core;
    const voice = speech.resolveVoice(voiceId)?.voice;
    if (voice === undefined) throw new Error(`no voice ${voiceId}`);
    const clips = await speech.say(text, voice);
    return Int16Array.from(clips.flatMap(({ pcm }) => [...pcm]));
  }

  async function phoneThatSays(greeting: string): Promise<Baresip> {
    const says = await spoken(greeting, GREETER);
    const registrar = stage.world.sip;
    phone = await openBaresip({ user: '101', password: PASSWORD, registrar, autoAnswer: true, says });
    expect((await phone.registration()).type).toBe('REGISTER_OK');
    return phone;
  }

  async function post(path: string, body: object): Promise<{ status: number; body: Record<string, unknown> }> {
    const reply = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stage.world.keys.live}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
  }

  /** The digits in the order in which they were heard, found by the same prompts rendered apart. */
  async function digitsIn(heard: HeardSound): Promise<string> {
    const found: { atMs: number; digit: number }[] = [];
    for (const [digit, word] of DIGITS.entries()) {
      for (const place of findPrompt(heard, await spoken(word, SPEAKER))) {
        const { atMs, missing, correlation, lengthDifferenceMs } = place;
        // Vowels of one voice are alike: only the whole word, as long as it was rendered, is that word.
        const isWhole = missing.length === 0 && Math.abs(lengthDifferenceMs) <= 40;
        if (isWhole && correlation > 0.95) found.push({ atMs, digit });
      }
    }
    return found
      .sort((a, b) => a.atMs - b.atMs)
      .map(({ digit }) => digit)
      .join('');
  }

  const told = (event: string): Promise<Record<string, unknown>> =>
    stage.receiver.waitFor(({ body }) => body['event'] === event, 20_000).then(({ body }) => body);

  test('that a person hears, digit by digit and twice, is the code that verifies', async () => {
    const ours = await phoneThatSays('Hello?');
    const asked = await post('', { to: NUMBER });
    expect(asked.status, JSON.stringify(asked.body)).toBe(201);
    expect(asked.body).toMatchObject({ status: 'calling', livemode: true });
    const digits = await digitsIn(await ours.heard());
    expect(digits).toMatch(/^(\d{6})\1$/);
    const checked = await post('/verify', { to: NUMBER, code: digits.slice(0, 6) });
    expect([checked.status, checked.body['status']]).toEqual([200, 'verified']);
    expect(await told('otp.completed')).toMatchObject({
      data: { id: asked.body['id'], to: NUMBER, status: 'delivered' },
    });
  }, 90_000);

  test('is not spoken to a mailbox', async () => {
    const mailbox = await phoneThatSays(MAILBOX);
    const asked = await post('', { to: NUMBER });
    expect(asked.status, JSON.stringify(asked.body)).toBe(201);
    const heard = await mailbox.heard();
    expect(heard.pcm.filter((sample) => Math.abs(sample) > 500)).toHaveLength(0);
    expect(await told('otp.failed')).toMatchObject({ data: { id: asked.body['id'], to: NUMBER, reason: 'voicemail' } });
  }, 90_000);
});
