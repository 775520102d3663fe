import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '#clock.js';
import type { Engine } from '#voice/engine.js';
import { startSipEngine } from '#voice/sip/start-sip-engine.js';
import { openPhone, tone, type Phone } from '../phones.js';
import type { Conversation } from '../phones/conversation.js';
import { measureTone, SAMPLES_PER_MS } from '../phones/tones.js';
import type { PhoneCall } from '../phones/call.js';
import { Switchboard } from '../switchboard.js';
import { openBaresip, type Baresip } from './baresip.js';
import { describeWithPeer } from './real-peer.js';

const HOST = '127.0.0.1';
const PASSWORD = 'secret';
const MUSIC_HZ = 700;

let engine: Engine;
let port: number;
let switchboard: Switchboard;
const open: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  const started = await startSipEngine({ host: HOST, port: 0, mediaWorkers: 1 });
  engine = started.engine;
  port = started.udpPort;
  const names = ['101', '102', '103'];
  engine.send({
    kind: 'configure',
    trunks: [],
    phones: names.map((name) => ({ id: `phone-${name}`, name, password: PASSWORD })),
  });
  switchboard = new Switchboard({
    engine,
    clock: systemClock,
    extensions: Object.fromEntries(names.map((name) => [name, `phone-${name}`])),
    mayCall: () => false,
    music: { pcm: tone(MUSIC_HZ, -15, 1_000) },
  });
});

afterEach(async () => {
  switchboard.close();
  for (const thing of open.splice(0)) await thing.close();
  await engine.close();
});

const address = (extension: string): string => `sip:${extension}@${HOST}:${port}`;

async function softphone(user: string, hz: number): Promise<Baresip> {
  const registrar = { host: HOST, port };
  const says = tone(hz, -10, 20_000);
  const baresip = await openBaresip({ user, password: PASSWORD, registrar, autoAnswer: true, says });
  open.push(baresip);
  expect((await baresip.registration()).type).toBe('REGISTER_OK');
  return baresip;
}

async function ours(user: string): Promise<{ phone: Phone; call: (extension: string) => ReturnType<Phone['invite']> }> {
  const phone = await openPhone({ user });
  open.push(phone);
  const credentials = { user, password: PASSWORD };
  expect((await phone.register({ ...credentials, server: { host: HOST, port } })).status).toBe(200);
  const call = (extension: string) => phone.invite(address(extension), { ...credentials, from: `<${address(user)}>` });
  return { phone, call };
}

/** Until this tone, and no other, was heard for a second. */
async function hears(listener: Conversation, hz: number): Promise<void> {
  const { receiver } = listener.media;
  await listener.until(`${hz} Hz`, () => {
    const heard = listener.heardTone(Math.max(0, receiver.heardMs - 1_000));
    return heard !== undefined && heard.ms > 900 && Math.abs(heard.hz - hz) < 2;
  });
}

/** A Refer-To that takes the place of `call` at its far end. */
function replacing(call: PhoneCall, extension: string): string {
  const { callId, localTag, remote } = call.dialog;
  const toTag = /;tag=([^;]*)/.exec(remote)![1]!;
  return `<${address(extension)}?Replaces=${encodeURIComponent(`${callId};to-tag=${toTag};from-tag=${localTag}`)}>`;
}

describeWithPeer('baresip', 'phones of ours and softphones that are not, over a switchboard', () => {
  test('a softphone holds a call, which hears music, and transfers it to another one', async () => {
    const [bob, carol] = [await softphone('102', 440), await softphone('103', 1_000)];
    const { phone, call } = await ours('101');
    const out = await call('102');
    await out.answered();
    await hears(out, 440);
    await bob.hold();
    await hears(out, MUSIC_HZ);
    await bob.resume();
    await hears(out, 440);
    await bob.transfer(address('103'));
    await carol.established();
    await hears(out, 1_000);
    expect(await bob.ended()).toBeDefined();
    await Promise.all([out.sendTone(600, -10, 1_000), hears(out, 1_000)]);
    await out.hangup();
    await carol.ended();
    expect(phone.complaints()).toEqual([]);
  });

  test('a softphone hears how many messages wait', async () => {
    const registrar = { host: HOST, port };
    engine.send({ kind: 'mailbox', phone: 'phone-102', newMessages: 2, oldMessages: 8 });
    const bob = await openBaresip({ user: '102', password: PASSWORD, registrar, watchesMailbox: true });
    open.push(bob);
    expect(await bob.mailbox()).toContain('Voice-Message: 2/8');
    engine.send({ kind: 'mailbox', phone: 'phone-102', newMessages: 0, oldMessages: 10 });
    expect(await bob.mailbox(1)).toContain('Messages-Waiting: no');
  });

  test('a phone brings a softphone and another phone together', async () => {
    const bob = await softphone('102', 440);
    const carol = await ours('103');
    const alice = await ours('101');
    const first = await alice.call('102');
    await first.answered();
    expect((await first.reinvite({ hold: true })).status).toBe(200);
    const second = await alice.call('103');
    const taken = await carol.phone.nextCall();
    await Promise.all([taken.answer(), second.answered()]);
    const fields = { Contact: `<${alice.phone.uri}>`, 'Refer-To': replacing(second, '103') };
    expect((await first.send('REFER', fields)).status).toBe(202);
    await alice.phone.watch.until(
      'the end of the transfer',
      () => alice.phone.requests('NOTIFY').find(({ body }) => body.startsWith('SIP/2.0 200')),
      () => alice.phone.story(),
    );
    await Promise.all([first.hangup(), second.hangup()]);
    await hears(taken, 440);
    await taken.sendTone(1_000, -10, 2_000);
    await taken.hangup();
    const { pcm } = await bob.heard();
    // Before that there was the music of the one that waits.
    const heard = measureTone(pcm.subarray(-1_500 * SAMPLES_PER_MS));
    expect(Math.abs((heard?.hz ?? 0) - 1_000)).toBeLessThan(2);
    expect([...alice.phone.complaints(), ...carol.phone.complaints()]).toEqual([]);
  });
});
