import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { describeWithPeer } from '../peers/real-peer.js';
import { sippAsksForDigest } from '../peers/sipp.js';
import type { IncomingCall } from '../phones.js';
import { openSipStage, type SipStage } from '../sip-stage.js';

/** Trunks as carriers run them: with a password, and over networks that lose packets. */
let stage: SipStage;

beforeAll(async () => {
  stage = await openSipStage();
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

const CREDENTIALS = { username: 'acme', password: 's3cret' };
const CONFIRMED = [
  '/call-status call.answered',
  '/call-status call.completed',
  '/call-status call.dtmf',
  '/confirm call.dtmf',
];

/** Answers, listens to a little of it, and presses 1. */
async function confirm(call: IncomingCall): Promise<void> {
  call.ring();
  await call.answer();
  await call.waitForSound(100);
  await call.press('1');
  expect(await call.ended).toMatchObject({ by: 'them', how: 'bye' });
}

describe('a trunk with a password', () => {
  test.each([
    { transport: 'udp', as: 'proxy', algorithm: 'MD5' },
    { transport: 'udp', as: 'server', algorithm: 'SHA-256' },
    { transport: 'tcp', as: 'proxy', algorithm: 'SHA-256' },
    { transport: 'tcp', as: 'server', algorithm: 'MD5' },
  ] as const)('carries calls over $transport, asked as a $as for $algorithm', async ({ transport, as, algorithm }) => {
    const carrier = await stage.carrier({ transport, ...CREDENTIALS });
    const counts = carrier.requireDigest({ user: 'acme', password: 's3cret', as, algorithm });
    const callId = await stage.place();
    await confirm(await carrier.nextCall());
    expect(await stage.ended(callId)).toMatchObject({ status: 'completed', dtmf_response: '1', attempts: 1 });
    expect(stage.told(callId)).toEqual(CONFIRMED);
    expect(counts).toMatchObject({ challenges: 1, right: 1, wrong: 0, faults: [], algorithms: [algorithm] });
    expect(carrier.invitesSeen().distinct).toBe(1);
  });

  test.each(['udp', 'tcp'] as const)('that is not the right one fails as forbidden over %s', async (transport) => {
    const carrier = await stage.carrier({ transport, username: 'acme', password: 'wrong' });
    const counts = carrier.requireDigest({ user: 'acme', password: 's3cret' });
    const callId = await stage.place();
    expect(await stage.ended(callId)).toMatchObject({ status: 'failed', error: { code: 'forbidden' }, sip_code: 407 });
    expect(stage.told(callId)).toEqual(['/call-status call.failed']);
    expect(counts).toMatchObject({ right: 0, wrong: 1 });
    expect(carrier.calls).toEqual([]);
  });
});

describe('a trunk over UDP that loses signalling', () => {
  test.each([
    { percent: 5, seed: 1 },
    { percent: 5, seed: 2 },
    { percent: 20, seed: 3 },
    { percent: 20, seed: 4 },
    { percent: 20, seed: 5 },
  ])('($percent %, pattern $seed) carries a call once', async ({ percent, seed }) => {
    const carrier = await stage.carrier({ loss: { percent, seed, of: 'signalling' }, ...CREDENTIALS });
    if (seed % 2 === 1) carrier.requireDigest({ user: 'acme', password: 's3cret' });
    const callId = await stage.place();
    await confirm(await carrier.nextCall());
    expect(await stage.ended(callId)).toMatchObject({ status: 'completed', dtmf_response: '1', attempts: 1 });
    expect(stage.told(callId)).toEqual(CONFIRMED);
    expect(carrier.invitesSeen().distinct).toBe(1);
    expect(carrier.calls).toHaveLength(1);
  });
});

describeWithPeer(
  'sipp',
  'a trunk with a password',
  () => {
    test.each(['udp', 'tcp'] as const)('carries a call over %s', async (transport) => {
      const [user, password] = ['acme', 's3cret'];
      const quiet = { sound: new Int16Array(4000) };
      const sipp = await sippAsksForDigest({ transport, user, password, plays: [quiet, { digits: '1' }] });
      try {
        await stage.trunk(sipp.uri.replace('sipp@', ''), CREDENTIALS);
        const callId = await stage.place();
        expect(await stage.ended(callId)).toMatchObject({ status: 'completed', dtmf_response: '1' });
        expect(stage.told(callId)).toEqual(CONFIRMED);
        const { code, errors, notes } = await sipp.result();
        expect({ code, errors }).toEqual({ code: 0, errors: '' });
        expect(notes).toContain('digest right');
      } finally {
        await sipp.close();
      }
    });
  },
  { rawSockets: true },
);
