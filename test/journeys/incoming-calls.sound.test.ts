import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { addTrunk, removeTrunk } from '#core/trunks/index.js';
import { describeWithPeer } from '../peers/real-peer.js';
import { sippCallsAsTrunk } from '../peers/sipp.js';
import type { OutgoingCall, Phone } from '../phones.js';
import { FROM, openSipStage, TO, type SipStage } from '../sip-stage.js';

/** Calls that come in over real SIP and RTP, to a number that we called from. */
let stage: SipStage;

beforeAll(async () => {
  stage = await openSipStage();
});
afterEach(() => stage.clear());
afterAll(() => stage.close());

let lastPerson = 100;

/** Somebody whom we called, and who was busy. */
async function called(carrier: Phone): Promise<string> {
  lastPerson += 1;
  const person = TO.slice(0, -3) + String(lastPerson);
  carrier.onInvite((call) => call.reject(486, 'Busy Here'));
  expect(await stage.ended(await stage.place({ to: person, dtmf: { '9': { action: 'optout' } } }))).toMatchObject({
    status: 'busy',
  });
  return person;
}

async function calls(carrier: Phone, person: string, headers: Record<string, string> = {}): Promise<OutgoingCall> {
  const { host, port } = stage.world.sip;
  const call = await carrier.invite(`sip:${FROM}@${host}:${port}`, { from: `<sip:${person}@127.0.0.1>`, headers });
  await call.answered();
  return call;
}

async function newest(): Promise<Record<string, unknown>> {
  const { body } = await stage.request('GET', '/api/v1/calls?direction=in&limit=1');
  return stage.ended(String((body['calls'] as Record<string, unknown>[])[0]?.['call_id']));
}

async function standing(person: string): Promise<Record<string, unknown>> {
  return (await stage.request('GET', `/api/v1/dnc/${encodeURIComponent(person)}`)).body;
}

async function refused(person: string): Promise<unknown> {
  const body = { to: person, from: FROM, message: 'Hello again.' };
  return (await stage.request('POST', '/api/v1/calls', { body })).body;
}

const OPTED_OUT = { error: { code: 'recipient_opted_out' } };

describe('somebody who calls back', () => {
  test('hears who it was, presses the key, hears that it is done, and is not called again', async () => {
    const carrier = await stage.carrier();
    const person = await called(carrier);
    const call = await calls(carrier, person);
    expect(call.progress).toContain(180);
    await call.waitForSound(500);
    await call.press('9');
    // "You will not be called again. Goodbye." is seven words of a quarter of a second.
    const before = call.media.receiver.soundMs;
    expect(await call.ended).toMatchObject({ by: 'them', how: 'bye' });
    expect(call.media.receiver.soundMs - before).toBeGreaterThan(1000);
    expect(await newest()).toMatchObject({ from: person, status: 'completed', dtmf_response: '9', error: null });
    expect(await standing(person)).toMatchObject({ opted_out: true });
    expect(await refused(person)).toMatchObject(OPTED_OUT);
  });

  test('without showing a number hears that nothing can be done so', async () => {
    const carrier = await stage.carrier();
    await called(carrier);
    const call = await calls(carrier, 'anonymous', { Privacy: 'id' });
    await call.waitForSound(300);
    await call.press('9');
    await call.hangup();
    expect(await newest()).toMatchObject({ from: 'anonymous', status: 'completed', dtmf_response: null });
  });

  test('through a trunk that we register at is found by the number that the trunk says', async () => {
    await stage.noTrunk();
    const carrier = await stage.phone({ user: 'carrier' });
    const registrar = carrier.acceptRegistrations({ acme: 's3cret' });
    await addTrunk(stage.world.core, {
      ...{ name: 'registered', uri: `sip:127.0.0.1:${carrier.port}`, username: 'acme', password: 's3cret' },
      ...{ registerSeconds: 300, calledFrom: 'p-called-party-id', callsPerSecond: 100 },
      ...{ sipHost: stage.world.sip.host, actor: 'test' },
    });
    try {
      const contact = await registrar.registered('acme');
      const person = await called(carrier);
      const call = await carrier.invite(contact, {
        from: `<sip:${person}@127.0.0.1>`,
        headers: { 'P-Called-Party-ID': `<sip:${FROM}@127.0.0.1>` },
      });
      await call.answered();
      await call.press('9');
      expect(await call.ended).toMatchObject({ by: 'them', how: 'bye' });
      expect(await newest()).toMatchObject({ from: person, to: FROM, dtmf_response: '9' });
    } finally {
      await removeTrunk(stage.world.core, { name: 'registered', actor: 'test' });
    }
  });
});

describeWithPeer(
  'sipp',
  'a trunk that calls in',
  () => {
    test.each(['udp', 'tcp'] as const)('over %s is answered, takes the key and is hung up on', async (transport) => {
      const person = await called(await stage.carrier());
      const plays = [{ sound: new Int16Array(4000) }, { digits: '9' }];
      // Wherever it calls from: on loopback only the port would tell it from others.
      await addTrunk(stage.world.core, {
        ...{ name: 'sipp', uri: 'sip:127.0.0.1:9', inboundAddresses: ['127.0.0.1'] },
        ...{ sipHost: stage.world.sip.host, actor: 'test' },
      });
      const sipp = await sippCallsAsTrunk({ transport, user: person, to: FROM, server: stage.world.sip, plays });
      try {
        const { code, errors } = await sipp.result();
        expect({ code, errors }).toEqual({ code: 0, errors: '' });
      } finally {
        await sipp.close();
        await removeTrunk(stage.world.core, { name: 'sipp', actor: 'test' });
      }
      expect(await newest()).toMatchObject({ from: person, status: 'completed', dtmf_response: '9' });
      expect(await refused(person)).toMatchObject(OPTED_OUT);
    });
  },
  { rawSockets: true },
);
