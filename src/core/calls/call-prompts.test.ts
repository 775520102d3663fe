import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { preparePrompts } from '#core/calls/call-prompts.js';
import type { MessageScript } from '#core/calls/call-script.js';
import type { Core } from '#core/core.js';
import type { Voice } from '#speech/tts.js';
import { openBusiness, type Business } from '#test/business.js';

let business: Business;
let accountId: string;

beforeAll(async () => {
  business = await openBusiness();
  accountId = await business.account('Acme');
});
afterAll(() => business.close());

/** What each prompt says, by voices whose sound is the text itself. */
async function said(script: Omit<MessageScript, 'voice'>, options: { language?: string; record?: boolean } = {}) {
  const { language = 'en-US', record = false } = options;
  const texts: string[] = [];
  const clip = (text: string) => ({ pcm: Int16Array.of(texts.push(text) - 1) });
  const speech = {
    resolveVoice: () => ({ voice: { id: 'v', language } as Voice, degraded: false }),
    say: (text: string) => Promise.resolve([clip(text)]),
  } as unknown as Core['speech'];
  const core = { ...business, speech, fetchAudio: () => Promise.resolve(clip('(sound)').pcm) };
  const voice = { asked: 'v', used: 'v', degraded: false };
  const call = { account_id: accountId, from_number: '+12125550100', script: { ...script, voice }, record };
  const prompts = await preparePrompts(core, call);
  return Object.fromEntries(
    [...prompts].map(([name, clips]) => [name, clips.map(({ pcm }) => texts[pcm[0]!]).join(' ')]),
  );
}

describe('a marketing call', () => {
  const keys = { '7': { action: 'optout' } } as const;

  test('says who is calling first, how to stop it, and where to call back', async () => {
    expect(await said({ marketing: true, keys, message: 'We have shoes.' })).toEqual({
      message: 'This is a message from Acme. To stop these calls, press 7 at any time. We have shoes.',
      machine: 'This is a message from Acme. We have shoes. To stop these calls, call us at 1 2 1 2 5 5 5 0 1 0 0.',
    });
  });

  test('says so before a sound file, before the notice of a recording, and in its own language', async () => {
    const opening = 'Dies ist eine Nachricht von Acme. Um diese Anrufe zu beenden, drücken Sie jederzeit die 7.';
    const script = { marketing: true, keys, audioUrl: 'http://127.0.0.1/x', machine: { on: 'leave_message' } } as const;
    expect(await said(script, { language: 'de-DE', record: true })).toMatchObject({
      notice: `${opening} This call is recorded.`,
      message: '(sound)',
      machine: expect.stringMatching(/^Dies ist eine Nachricht von Acme\. \(sound\) Um .* 1 2 1 2 5/) as string,
    });
  });

  test('has the name that the account gave itself for it', async () => {
    await business.db
      .updateTable('accounts')
      .set({ outreach_policy: JSON.stringify({ caller_name: '{NAME} Shoes' }) })
      .where('id', '=', accountId)
      .execute();
    const { message } = await said({ marketing: true, keys, message: 'Hello.' });
    expect(message).toMatch(/^This is a message from Acme Shoes\./);
  });
});

test('any other call says its message alone', async () => {
  expect(await said({ keys: {}, message: 'Hello.' })).toEqual({ message: 'Hello.', machine: 'Hello.' });
});
