import { afterEach, describe, expect, test } from 'vitest';
import { babble } from './phones/babble.js';
import { compareWithPrompt, openPhone, type Phone, type PhoneOptions } from './phones.js';

const open: Phone[] = [];

/** Two phones; the second one answers by its script. */
async function pair(caller: PhoneOptions, callee: PhoneOptions = { transport: caller.transport ?? 'udp' }) {
  const [from, to] = [await openPhone({ user: 'alice', ...caller }), await openPhone({ user: 'bob', ...callee })];
  open.push(from, to);
  return { from, to };
}

afterEach(async () => {
  for (const phone of open.splice(0)) await phone.close();
});

/** T1 of 50 ms: the same exponential repetition, ten times as fast. */
const fast = { timers: { t1Ms: 50, t2Ms: 400 } };

describe.each([
  { transport: 'udp', percent: 0 },
  { transport: 'udp', percent: 5 },
  { transport: 'udp', percent: 20 },
  { transport: 'tcp', percent: 0 },
  { transport: 'tcp', percent: 20 },
] as const)('a call over $transport with $percent % loss', ({ transport, percent }) => {
  const loss = { percent, seed: 7, of: 'both', direction: 'both' } as const;

  test('carries tone, level and digits both ways and ends once', async () => {
    const { from, to } = await pair({ transport, loss, codecs: ['PCMU'], ...fast }, { transport, ...fast });
    const out = await from.invite(to.uri);
    const call = await to.nextCall();
    expect(call.from.user).toBe('alice');
    call.ring();
    await call.answer();
    await out.answered();
    await Promise.all([out.sendTone(440, -10, 1200), call.sendTone(1000, -20, 1200)]);
    await out.pressAll('159#');
    await call.pressAll('*0D');
    await call.waitForDigits('159#');
    await out.waitForDigits('*0D');

    const heard = call.heardTone();
    expect(Math.abs((heard?.hz ?? 0) - 440)).toBeLessThan(2);
    expect(Math.abs((heard?.dbm0 ?? 0) + 10)).toBeLessThan(0.5);
    const back = out.heardTone();
    expect(Math.abs((back?.hz ?? 0) - 1000)).toBeLessThan(2);
    expect(Math.abs((back?.dbm0 ?? 0) + 20)).toBeLessThan(0.5);
    if (percent === 0) {
      expect(call.heard().lostPackets).toBe(0);
      expect(call.digits.map(({ ends, durationMs }) => [ends, durationMs])).toEqual(Array(4).fill([3, 100]));
      expect(heard?.ms).toBe(1200);
    } else expect(call.heard().lostPackets).toBeGreaterThan(0);

    expect(await out.hangup('Q.850;cause=16;text="done"')).toBe(200);
    expect(await call.ended).toEqual({ by: 'them', how: 'bye', reason: 'Q.850;cause=16;text="done"' });
    expect((await out.ended).by).toBe('us');
    expect(to.invitesSeen().distinct).toBe(1);
    expect([...from.complaints(), ...to.complaints()]).toEqual([]);
  });
});

test('A-law, early sound before the answer, and digits by INFO', async () => {
  const { from, to } = await pair({ codecs: ['PCMA'] });
  const out = await from.invite(to.uri, { from: '"Alice \\"A\\" Ayer" <sip:+15005550100@example.org>' });
  const call = await to.nextCall();
  expect(call.from).toEqual({ user: '+15005550100', displayName: 'Alice "A" Ayer' });
  call.early();
  await out.progressed(183);
  await call.sendTone(425, -15, 600);
  await out.waitForSound(580);
  expect(out.state).toBe('ringing');
  expect(Math.abs((out.heardTone()?.hz ?? 0) - 425)).toBeLessThan(2);
  await Promise.all([call.answer(), out.answered()]);
  await out.press('7', { viaInfo: true, ms: 160 });
  expect(call.digits).toEqual([{ digit: '7', via: 'info', durationMs: 160, ends: 0 }]);
  await call.hangup();
  expect(await out.ended).toMatchObject({ by: 'them', how: 'bye' });
  expect([...from.complaints(), ...to.complaints()]).toEqual([]);
});

test('hold silences the far end, and both can resume; an offerless INVITE is answered in its ACK', async () => {
  const { from, to } = await pair({});
  const out = await from.invite(to.uri, { withoutOffer: true });
  const call = await to.nextCall();
  await Promise.all([call.answer(), out.answered()]);
  await call.waitUntilHeard(100);
  expect((await out.reinvite({ hold: true })).status).toBe(200);
  expect(call.heldByThem).toBe(true);
  expect((await out.reinvite({ hold: false })).status).toBe(200);
  expect(call.heldByThem).toBe(false);
  await call.sendTone(600, -10, 400);
  await out.waitForSound(380);
  await out.waitForQuiet(100);
  expect(out.heardTone()?.ms).toBe(400);
  await out.hangup();
  await call.ended;
  expect([...from.complaints(), ...to.complaints()]).toEqual([]);
});

test.each([0, 5])('a prompt arrives whole over %i % RTP loss', async (percent) => {
  const { from, to } = await pair({ loss: { percent, seed: 11, of: 'rtp', direction: 'in' } });
  const out = await from.invite(to.uri);
  const call = await to.nextCall();
  await Promise.all([call.answer(), out.answered()]);
  const prompt = babble(2500);
  await call.sendSamples(prompt);
  await out.waitForPrompt(prompt);
  const { lengthDifferenceMs, levelDifferenceDb, missing } = compareWithPrompt(out.heard(), prompt);
  expect({ lengthDifferenceMs, missing }).toEqual({ lengthDifferenceMs: 0, missing: [] });
  expect(Math.abs(levelDifferenceDb)).toBeLessThan(0.3);
});
