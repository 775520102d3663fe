import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#clock.js';
import { openFlite } from '#speech/flite.js';
import type { IncomingCall } from '../phones.js';
import { openSipStage, type SipStage } from '../sip-stage.js';

/** Over SIP, with sound: a phone that greets like a person or like a mailbox, in a voice of our own. */
let stage: SipStage;

beforeAll(async () => {
  stage = await openSipStage({ tts: await openFlite({ clock: systemClock }) });
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

const PERSON = 'Hello?';
const MAILBOX =
  'Hello, you have reached the Miller family. We cannot come to the phone right now, so please leave us a message after the tone.';
const GREETER = 'en-US-Standard-M';

async function spoken(text: string): Promise<Int16Array> {
  const { speech } = stage.world.core;
  const voice = speech.resolveVoice(GREETER)?.voice;
  if (voice === undefined) throw new Error(`no voice ${GREETER}`);
  const clips = await speech.say(text, voice);
  return Int16Array.from(clips.flatMap(({ pcm }) => [...pcm]));
}

const hasSound = (phone: IncomingCall): boolean => phone.heard().pcm.some((sample) => Math.abs(sample) > 500);

/** The phone that the call comes to, which has answered, and the call's id. */
async function answered(): Promise<{ phone: IncomingCall; callId: string }> {
  const carrier = await stage.carrier();
  const amd = { machine_message: 'This is the message for a machine.' };
  const callId = await stage.place({ message: 'This is the message for a person.', amd, dtmf: {} });
  const phone = await carrier.nextCall();
  await phone.answer();
  return { phone, callId };
}

test('a person hears the message once they have greeted', async () => {
  const greeting = await spoken(PERSON);
  const { phone, callId } = await answered();
  await phone.sendSamples(greeting);
  expect(hasSound(phone)).toBe(false);
  expect(await phone.ended).toMatchObject({ by: 'them', how: 'bye' });
  expect(await stage.ended(callId)).toMatchObject({
    ...{ status: 'completed', amd_result: 'human', voicemail: null },
    machine_detection: [expect.objectContaining({ verdict: 'human', revised: false }) as unknown],
  });
});

test('a mailbox is left its message after the beep', async () => {
  const greeting = await spoken(MAILBOX);
  const { phone, callId } = await answered();
  await phone.sendSamples(greeting);
  expect(hasSound(phone)).toBe(false);
  await phone.sendTone(1000, -12, 500);
  expect(await phone.ended).toMatchObject({ by: 'them', how: 'bye' });
  expect(hasSound(phone)).toBe(true);
  expect(await stage.ended(callId)).toMatchObject({
    ...{ status: 'voicemail', amd_result: 'machine', voicemail: { message_left: true } },
    quality: expect.objectContaining({ loss_ratio: expect.any(Number) as number }) as unknown,
  });
  expect(stage.told(callId)).toEqual(['/call-status call.answered', '/call-status call.voicemail']);
});
