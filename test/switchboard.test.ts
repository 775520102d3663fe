import { beforeEach, describe, expect, it } from 'vitest';
import { DeskPhone, type DeskCall } from '#voice/sip/desk-phone.fixture.js';
import { CARRIER, ENGINE, engineOnAWire, trunk } from '#voice/sip/engine-on-a-wire.fixture.js';
import type { SipRequest } from '#voice/sip/message.js';
import { sdpOf, type ScriptedPeer } from '#voice/sip/scripted-peer.fixture.js';
import { Switchboard, type SwitchboardOptions } from './switchboard.js';

const FORBIDDEN = '+19005550100';
const OUTSIDE = '+12025550123';

let world: ReturnType<typeof engineOnAWire>;
let alice: DeskPhone;
let bob: DeskPhone;
let carol: DeskPhone;
let carrier: ScriptedPeer;

async function open(options: Partial<SwitchboardOptions> = {}): Promise<void> {
  world = engineOnAWire();
  const phones = ['101', '102', '103'].map((name) => ({ id: `phone-${name}`, name, password: 'secret' }));
  world.engine.send({ kind: 'configure', trunks: [trunk], phones });
  new Switchboard({
    engine: world.engine,
    clock: world.clock,
    extensions: { 101: 'phone-101', 102: 'phone-102', 103: 'phone-103' },
    trunk: 'carrier',
    mayCall: (_phone, number) => number !== FORBIDDEN,
    ...options,
  });
  [alice, bob, carol] = ['101', '102', '103'].map(
    (name, index) => new DeskPhone(world, { name, address: `10.0.1.${index + 1}` }),
  ) as [DeskPhone, DeskPhone, DeskPhone];
  carrier = world.peer(CARRIER);
  for (const desk of [alice, bob, carol]) await desk.register();
  for (const { peer } of [alice, bob, carol]) peer.heard();
}

beforeEach(() => open());

/** The latest bridge of each leg: who hears whom. */
function bridges(): string[] {
  const { commands } = world.media;
  return commands.flatMap((command) => (command.kind === 'bridge' ? [`${command.leg} ${command.with}`] : []));
}

/** Caller and callee, speaking with each other. */
async function talking(from: DeskPhone, to: DeskPhone): Promise<{ out: DeskCall; back: DeskCall }> {
  const out = await from.dial(to.name);
  const back = await to.accept();
  await world.run();
  out.confirm(from.answer());
  await world.run();
  for (const { peer } of [from, to]) peer.heard();
  return { out, back };
}

/** The NOTIFYs that came, as their status lines, each answered. */
async function told(desk: DeskPhone): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    const at = desk.peer.received.findIndex((message) => message.kind === 'request' && message.method === 'NOTIFY');
    if (at < 0) return lines;
    const [notify] = desk.peer.received.splice(at, 1) as [SipRequest];
    lines.push(notify.body.toString().trim());
    desk.peer.respond(notify, 200);
    await world.run();
  }
}

const requests = (desk: DeskPhone): string[] => desk.peer.heard().filter((what) => /^[A-Z]/.test(what));

describe('calls', () => {
  it('go from phone to phone by extension, and end with either', async () => {
    const call = await alice.dial('102');
    const invite = bob.peer.request('INVITE');
    expect(invite.headers.get('From')).toContain('sip:101@');
    bob.peer.respond(invite, 180, { toTag: 'bob' });
    await world.run();
    expect(alice.peer.heard()).toContain('180 INVITE');
    bob.peer.respond(invite, 200, { toTag: 'bob', sdp: sdpOf('10.0.1.2') });
    await world.run();
    call.confirm(alice.peer.response(200));
    await world.run();
    expect(bridges()).toEqual(['switchboard-1 ' + call.leg]);
    await call.ask('BYE');
    expect(bob.peer.heard()).toContain('BYE');
  });

  it('go outside where allowed, with early media', async () => {
    expect((await alice.dial(FORBIDDEN).then(() => alice.answer())).status).toBe(404);
    await alice.dial(OUTSIDE);
    const invite = carrier.request('INVITE');
    expect(invite.uri).toBe(`sip:${OUTSIDE}@${CARRIER}`);
    carrier.respond(invite, 183, { sdp: sdpOf(CARRIER) });
    await world.run();
    expect(alice.peer.response(183).body.toString()).toContain('m=audio');
    expect(bridges()).toHaveLength(1);
    carrier.respond(invite, 486);
    await world.run();
    expect(alice.peer.heard()).toContain('486 INVITE');
  });

  it('come in for an extension, and nowhere else', async () => {
    carrier.ask('INVITE', { uri: `sip:${OUTSIDE}@${ENGINE}`, sdp: sdpOf(CARRIER) });
    await world.run();
    expect(carrier.heard()).toContain('480 INVITE');
    carrier.ask('INVITE', { uri: `sip:103@${ENGINE}`, callId: 'in', sdp: sdpOf(CARRIER) });
    await world.run();
    expect(carol.peer.heard()).toEqual(['INVITE']);
  });
});

describe('hold', () => {
  it('is passed on', async () => {
    const { out } = await talking(alice, bob);
    await out.ask('INVITE', [], { type: 'application/sdp', text: sdpOf('10.0.1.1', 40_000, 'sendonly') });
    expect(bob.peer.request('INVITE').body.toString()).toContain('a=sendonly');
  });

  it('is music, where there is some', async () => {
    await open({ music: { pcm: new Int16Array(800) } });
    const { out, back } = await talking(alice, bob);
    await out.ask('INVITE', [], { type: 'application/sdp', text: sdpOf('10.0.1.1', 40_000, 'sendonly') });
    expect(world.media.kinds(back.leg)).toContain('play');
    await out.ack();
    await out.ask('INVITE', [], { type: 'application/sdp', text: sdpOf('10.0.1.1', 40_000, 'sendrecv') });
    expect(world.media.kinds(back.leg).at(-1)).toBe('stop');
  });
});

describe('a blind transfer', () => {
  it('connects the other one, and the phone leaves', async () => {
    const { out, back } = await talking(alice, bob);
    await back.ask('REFER', [['Refer-To', `<sip:103@${ENGINE}>`]]);
    expect(await told(bob)).toEqual(['SIP/2.0 100 Trying']);
    const invite = carol.peer.request('INVITE');
    expect(invite.headers.get('From')).toContain('sip:101@');
    carol.peer.respond(invite, 180, { toTag: 'carol' });
    await world.run();
    expect(await told(bob)).toEqual(['SIP/2.0 180 Ringing']);
    carol.peer.respond(invite, 200, { toTag: 'carol', sdp: sdpOf('10.0.1.3') });
    await world.run();
    expect(await told(bob)).toEqual(['SIP/2.0 200 OK']);
    expect(bridges().at(-1)).toBe(`switchboard-2 ${out.leg}`);
    await world.run(2_000);
    expect(requests(bob)).toEqual(['BYE']);
    expect(requests(alice)).toEqual([]);
    await out.ask('BYE');
    expect(requests(carol)).toContain('BYE');
  });

  it('that fails gives the call back', async () => {
    const { out, back } = await talking(alice, bob);
    await back.ask('REFER', [['Refer-To', `<sip:103@${ENGINE}>`]]);
    await told(bob);
    carol.peer.respond(carol.peer.request('INVITE'), 486, { toTag: 'carol' });
    await world.run();
    expect(await told(bob)).toEqual(['SIP/2.0 486 Busy Here']);
    expect(bridges().at(-1)).toBe(`${back.leg} ${out.leg}`);
    await out.ask('BYE');
    expect(requests(bob)).toContain('BYE');
  });

  it('goes on when the phone has hung up, and ends all when it fails then', async () => {
    const { back } = await talking(alice, bob);
    await back.ask('REFER', [['Refer-To', `<sip:103@${ENGINE}>`]]);
    await told(bob);
    await back.ask('BYE');
    expect(requests(alice)).toEqual([]);
    carol.peer.respond(carol.peer.request('INVITE'), 486, { toTag: 'carol' });
    await world.run();
    expect(requests(alice)).toEqual(['BYE']);
  });

  it('is given up when the other one hangs up', async () => {
    const { out, back } = await talking(alice, bob);
    await back.ask('REFER', [['Refer-To', `<sip:103@${ENGINE}>`]]);
    await told(bob);
    const invite = carol.peer.request('INVITE');
    carol.peer.respond(invite, 180, { toTag: 'carol' });
    await world.run();
    await told(bob);
    await out.ask('BYE');
    expect(requests(carol)).toContain('CANCEL');
    carol.peer.respond(invite, 487, { toTag: 'carol' });
    await world.run();
    expect(await told(bob)).toEqual(['SIP/2.0 487 Request Terminated']);
    await world.run(2_000);
    expect(requests(bob)).toEqual(['BYE']);
  });

  it('goes outside only where the phone may call', async () => {
    const { back } = await talking(alice, bob);
    await back.ask('REFER', [['Refer-To', `<sip:${FORBIDDEN}@${ENGINE}>`]]);
    expect(await told(bob)).toEqual(['SIP/2.0 100 Trying', 'SIP/2.0 603 Decline']);
    await back.ask('REFER', [['Refer-To', `<sip:${OUTSIDE}@${ENGINE}>`]]);
    expect(carrier.request('INVITE').uri).toBe(`sip:${OUTSIDE}@${CARRIER}`);
  });
});

describe('an attended transfer', () => {
  it('connects the two others', async () => {
    const { out, back } = await talking(alice, bob);
    const second = await talking(bob, carol);
    const { callId, localTag, remoteTag } = second.out;
    const replaces = encodeURIComponent(`${callId};to-tag=${remoteTag};from-tag=${localTag}`);
    await back.ask('REFER', [['Refer-To', `<sip:103@${ENGINE}?Replaces=${replaces}>`]]);
    expect(await told(bob)).toEqual(['SIP/2.0 100 Trying', 'SIP/2.0 200 OK']);
    expect(bridges().at(-1)).toBe(`${out.leg} ${second.back.leg}`);
    await world.run(2_000);
    expect(requests(bob)).toEqual(['BYE', 'BYE']);
    await out.ask('BYE');
    expect(requests(carol)).toContain('BYE');
  });
});

describe('picking up', () => {
  it('takes a call that rings elsewhere', async () => {
    const call = await alice.dial('102');
    const invite = bob.peer.request('INVITE');
    bob.peer.respond(invite, 180, { toTag: 'bob' });
    await world.run();
    const fromTag = invite.headers.get('From')!.split('tag=')[1]!;
    const replaces = `${invite.headers.get('Call-ID')!};to-tag=${fromTag};from-tag=bob;early-only`;
    const taken = await carol.dial('102', { headers: [['Replaces', replaces]] });
    expect(carol.answer().status).toBe(200);
    expect(alice.answer().status).toBe(200);
    expect(requests(bob)).toContain('CANCEL');
    expect(bridges().at(-1)).toBe(`${taken.leg} ${call.leg}`);
  });
});
