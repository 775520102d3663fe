/** A whole SIP engine whose far ends' every message arrives after damaged copies of itself. */
import assert from 'node:assert/strict';
import { mutate } from '#voice/fuzz/mutate.fixture.js';
import { below, pick, type Random } from '#voice/fuzz/random.fixture.js';
import { tried } from '#voice/fuzz/sip.fixture.js';
import { CARRIER, DESK, ENGINE, engineOnAWire, phone, trunk } from '#voice/sip/engine-on-a-wire.fixture.js';
import { DigestClient } from '#voice/sip/digest-client.js';
import { Headers, type SipMessage, type SipRequest } from '#voice/sip/message.js';
import { tagOf } from '#voice/sip/name-address.js';
import { parseMessage } from '#voice/sip/parse-message.js';
import { sdpOf } from '#voice/sip/scripted-peer.fixture.js';
import { serializeMessage } from '#voice/sip/serialize-message.js';

const DAMAGED_COPIES = 6;
const CALLS = 4;
const METHODS = ['INVITE', 'UPDATE', 'INFO', 'PRACK', 'REFER', 'NOTIFY', 'SUBSCRIBE', 'MESSAGE', 'OPTIONS', 'BYE'];
/** What a later part of the engine understands of these. */
const FIELDS: [string, string][] = [
  ['Require', '100rel'],
  ['Supported', 'timer, replaces, 100rel'],
  ['Session-Expires', '90;refresher=uas'],
  ['Min-SE', '90'],
  ['RAck', '1 1 INVITE'],
  ['Refer-To', '<sip:102@10.0.0.1?Replaces=in-0%3Bto-tag%3Da%3Bfrom-tag%3Dcaller>'],
  ['Replaces', 'in-0;to-tag=a;from-tag=caller'],
  ['Event', 'dialog'],
  ['Subscription-State', 'active;expires=60'],
  ['Expires', '60'],
  ['P-Asserted-Identity', '"A" <tel:+12025550100>'],
  ['Privacy', 'id;critical'],
  ['Diversion', '<sip:+12025550107@10.0.0.2>;reason=user-busy'],
  ['Identity', 'a.b.c;info=<https://x.example/c>;alg=ES256'],
];
/** Beyond every timer of a transaction and of a leg that was left alone. */
const LONG_MS = 400_000;

export async function engine(random: Random): Promise<void> {
  const world = engineOnAWire();
  const { clock, events, run, deliver, dial } = world;
  const contact = { uri: `sip:101@${DESK}:5060`, transport: 'udp' as const, address: DESK, port: 5060 };
  world.engine.send({
    kind: 'configure',
    trunks: [trunk],
    phones: [{ ...phone, contacts: [{ ...contact, expiresAt: clock.now() + 3_600_000 }] }],
  });
  const [carrier, desk] = [world.peer(CARRIER), world.peer(DESK)];
  const sdp = sdpOf(CARRIER);
  world.engine.on((event) => {
    if (event.kind !== 'leg.incoming') return;
    for (const kind of ['ring', 'early', 'answer'] as const) world.engine.send({ kind, leg: event.leg });
  });
  const lastSaid: Buffer[] = [];
  world.wire.loses = ({ from }, message) => {
    if (from === ENGINE) return false;
    const bytes = serializeMessage(message);
    lastSaid.push(bytes);
    if (lastSaid.length > 50) lastSaid.shift();
    for (let copies = 0; copies < DAMAGED_COPIES; copies += 1) {
      const damaged = tried(() => parseMessage(mutate(random, bytes, lastSaid)));
      if (damaged !== undefined) deliver(damaged, from);
    }
    return random() < 0.05;
  };

  /** A request of the registered phone, with its password in the second try. */
  const asPhone = async (method: string, call: number): Promise<void> => {
    const fields = {
      from: `<sip:${phone.name}@${ENGINE}>;tag=desk`,
      to: `<sip:${phone.name}@${ENGINE}>`,
      uri: `sip:${pick(random, [phone.name, '102', '+12025550123'])}@${ENGINE}`,
      callId: `phone-${call}`,
      headers: some(random),
      ...(random() < 0.5 && { sdp }),
    };
    const first = desk.ask(method, { ...fields, sequence: 1 });
    await run();
    const challenge = desk.received.findLast((message) => message.kind === 'response' && message.status === 401);
    if (challenge?.kind !== 'response') return;
    const digest = new DigestClient({ username: phone.name, password: phone.password });
    digest.learn(challenge, first);
    const second: SipRequest = { ...first, headers: Headers.of([...first.headers.entries()]) };
    second.headers.set('CSeq', `2 ${method}`);
    second.headers.set('Via', `SIP/2.0/UDP ${DESK}:5060;rport;branch=z9hG4bKphone${call}`);
    digest.authorize(second);
    desk.send(second);
    await run(below(random, 2_000));
  };

  for (let call = 0; call < CALLS; call += 1) {
    const isToPhone = random() < 0.5;
    const [leg, farEnd] = [`out-${call}`, isToPhone ? desk : carrier];
    if (isToPhone) {
      const to = { kind: 'phone', phone: phone.id, number: '' } as const;
      world.engine.send({ kind: 'dial', leg, to, from: { number: '102' }, ringTimeoutMs: 30_000 });
    } else dial(leg);
    await run();
    const invite = farEnd.received.find(isInvite);
    if (invite?.kind === 'request') {
      farEnd.respond(invite, pick(random, [180, 183]), { sdp, headers: some(random) });
      farEnd.respond(invite, pick(random, [200, 200, 200, 302, 401, 422, 486, 603]), { sdp, headers: some(random) });
      await run(below(random, 2_000));
      const dialog = {
        callId: invite.headers.get('Call-ID') ?? '',
        from: `${invite.headers.get('To') ?? ''};tag=peer`,
        to: invite.headers.get('From') ?? '',
      };
      for (let sequence = 1; sequence < 6; sequence += 1) {
        const headers = some(random);
        farEnd.ask(pick(random, METHODS), { ...dialog, sequence, headers, ...(random() < 0.5 && { sdp }) });
        if (random() < 0.3) world.engine.send({ kind: 'hold', leg, on: random() < 0.5 });
        await run(below(random, 3_000));
      }
    }
    carrier.ask('INVITE', { sdp, callId: `in-${call}`, headers: some(random) });
    await run();
    await asPhone(pick(random, ['REGISTER', 'INVITE', 'SUBSCRIBE', 'MESSAGE', 'REFER', 'OPTIONS']), call);
    for (let sequence = 2; sequence < 6; sequence += 1) {
      const answer = carrier.received.findLast(({ headers }) => headers.get('Call-ID') === `in-${call}`);
      const toTag = tagOf(answer?.headers.get('To') ?? '<sip:x>') ?? 'none';
      const to = `<sip:x@${ENGINE}>;tag=${toTag}`;
      carrier.ask(pick(random, METHODS), { sdp, callId: `in-${call}`, to, sequence, headers: some(random) });
      await run(below(random, 3_000));
    }
    world.engine.send({ kind: 'hangup', leg });
    await run(1_000);
    for (const peer of [carrier, desk]) peer.heard();
  }

  world.wire.loses = () => false;
  for (const leg of new Set(events.all.flatMap((event) => ('leg' in event ? [event.leg] : [])))) {
    world.engine.send({ kind: 'hangup', leg });
  }
  await run(LONG_MS);
  const ends = events.all.flatMap((event) => (event.kind === 'leg.ended' ? [event.leg] : []));
  const begun = new Set(events.all.flatMap((event) => ('leg' in event ? [event.leg] : [])));
  assert.equal(new Set(ends).size, ends.length, 'a leg ended twice');
  for (let call = 0; call < CALLS; call += 1) begun.add(`out-${call}`);
  assert.deepEqual(new Set(ends), begun, 'a leg did not end');

  events.story();
  dial('sane');
  await run();
  carrier.respond(carrier.request('INVITE'), 200, { sdp });
  await run();
  assert(events.story().includes('sane answered 200'), 'the engine does not call any more');
  const closed = world.engine.close();
  await run(LONG_MS);
  await closed;
  await run(LONG_MS);
  assert.equal(clock.pendingTimers, 0, 'a timer is left');
}

function isInvite(message: SipMessage): boolean {
  return message.kind === 'request' && message.method === 'INVITE';
}

function some(random: Random): [string, string][] {
  return random() < 0.5 ? [] : [pick(random, FIELDS), pick(random, FIELDS)];
}
