/** Every flow of signalling that the engine knows, with sipp as the far end: what it must send is in the scenario. */
import { afterEach, expect, it } from 'vitest';
import { systemClock } from '#clock.js';
import { describeWithPeer } from '#test/peers/real-peer.js';
import { Scenario, sdp, TAG } from '#test/peers/sipp-scenario.js';
import { sippPlays, type SippOptions } from '#test/peers/sipp.js';
import { Watch } from '#test/phones/watch.js';
import type { EngineCommand, EngineEvent, PhoneConfig } from '#voice/engine.js';
import { MediaEngine } from '#voice/media/media-engine.js';
import { monotonicClock } from '#voice/media/monotonic-clock.js';
import { openUdpSocket } from '#voice/rtp/udp-socket.js';
import { Dns } from '#voice/sip/dns.js';
import { resolveUri } from '#voice/sip/resolve.js';
import { SipEngine } from '#voice/sip/sip-engine.js';
import { Transports } from '#voice/sip/transports.js';

const HOST = '127.0.0.1';
const DESK: PhoneConfig = { id: 'desk', name: '101', password: 'secret' };

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close();
});

type Kind = EngineEvent['kind'];

/** An engine that talks with one sipp: `a` is the leg that it dials there. */
async function stage(
  scenario: Scenario,
  options: Omit<SippOptions, 'calls'> & { calls?: string; isTrunk?: boolean } = {},
) {
  const transport = await Transports.open({ host: HOST, port: 0, clock: systemClock });
  const media = new MediaEngine({ clock: monotonicClock, openSocket: openUdpSocket, host: HOST });
  const waits = { t1: 100, t2: 400 };
  const engine = new SipEngine({
    transport,
    media,
    clock: systemClock,
    resolve: (uri) => resolveUri(uri, { dns: new Dns(systemClock) }),
    waits,
  });
  open.push(engine);
  const events: EngineEvent[] = [];
  const watch = new Watch();
  engine.on((event) => {
    events.push(event);
    watch.changed();
  });
  const { calls: to, isTrunk = to === undefined, ...rest } = options;
  engine.send({ kind: 'configure', trunks: [], phones: [DESK] });
  const server = to === undefined ? {} : { to, server: { host: HOST, port: transport.port } };
  const sipp = await sippPlays(scenario, { ...rest, ...server });
  open.push(sipp);
  const uri = sipp.uri.replace('sipp@', '');
  if (isTrunk) engine.send({ kind: 'configure', trunks: [{ id: 't', name: 'T', uri }], phones: [DESK] });
  const send = (command: EngineCommand): void => engine.send(command);
  return {
    send,
    events,
    dial: () =>
      send({
        kind: 'dial',
        leg: 'a',
        to: { kind: 'trunk', trunk: 't', number: '+12025550123' },
        from: { number: '+18005550199' },
        ringTimeoutMs: 20_000,
      }),
    until: <K extends Kind>(kind: K, nth = 1): Promise<Extract<EngineEvent, { kind: K }>> =>
      watch.until(
        `${kind} number ${nth}`,
        () => events.filter((event) => event.kind === kind)[nth - 1] as Extract<EngineEvent, { kind: K }> | undefined,
        () => events.map((event) => event.kind).join(', '),
        15_000,
      ),
    /** Every step of the scenario was gone through, and every check of it passed. */
    passed: async (): Promise<string> => {
      const { code, errors, messages, notes } = await sipp.result();
      expect({ code, errors }, `${notes}\n${messages.slice(-6_000)}`).toEqual({ code: 0, errors: '' });
      return messages;
    },
  };
}

/** A call that sipp answers; then what `more` adds, then our BYE. */
function answered(more: (call: Scenario) => Scenario): Scenario {
  const begun = new Scenario()
    .invited()
    .answers(180, 'Ringing', { tag: TAG })
    .answers(200, 'OK', { tag: TAG, body: sdp(), untilAck: true })
    .asked('ACK');
  return more(begun).asked('BYE').answers(200, 'OK');
}

/** A request of phone 101, which is asked for its password. An INVITE of its is CSeq 2 then. */
function asPhone(method: string, asking: { to: string; headers?: string[]; body?: string }): Scenario {
  const first = { ...asking, user: DESK.name };
  const asked = new Scenario()
    .calls(method, { ...first, cseq: 1 })
    .mayBeTold(100)
    .told(401, {}, { auth: true });
  if (method === 'INVITE') asked.refused({ ...asking, user: DESK.name, cseq: 1 });
  return asked.calls(method, { ...first, cseq: 2, password: DESK.password });
}

describeWithPeer('sipp', 'flows', () => {
  it('early media before the answer', async () => {
    const call = await stage(
      new Scenario()
        .invited()
        .remembersVia()
        .answers(183, 'Session Progress', { tag: TAG, body: sdp() })
        .pauses(200)
        .answersInvite(200, 'OK', 1, { body: sdp() })
        .asked('ACK')
        .asked('BYE')
        .answers(200, 'OK'),
    );
    call.dial();
    await call.until('leg.early');
    await call.until('leg.answered');
    call.send({ kind: 'hangup', leg: 'a' });
    await call.passed();
  });

  it('a redirection is told, with every contact', async () => {
    const call = await stage(
      new Scenario()
        .invited()
        .answers(302, 'Moved Temporarily', {
          tag: TAG,
          headers: ['Contact: <sip:+12025550111@[local_ip]>;q=0.5, <sip:+12025550122@[local_ip]>;q=0.9'],
        })
        .asked('ACK'),
    );
    call.dial();
    const end = await call.until('leg.ended');
    expect(end).toMatchObject({ cause: 'redirected', sipCode: 302 });
    expect(end.redirects?.map(({ number }) => number)).toEqual(['+12025550122', '+12025550111']);
    await call.passed();
  });

  it('a reliable provisional answer is acknowledged by PRACK', async () => {
    const call = await stage(
      new Scenario()
        .invited({ Supported: '100rel' })
        .remembersVia()
        .answers(183, 'Session Progress', { tag: TAG, body: sdp(), headers: ['Require: 100rel', 'RSeq: 7001'] })
        .asked('PRACK', { RAck: '7001 1 INVITE' })
        .answers(200, 'OK')
        .answersInvite(200, 'OK', 1)
        .asked('ACK')
        .asked('BYE')
        .answers(200, 'OK'),
    );
    call.dial();
    await call.until('leg.answered');
    call.send({ kind: 'hangup', leg: 'a' });
    await call.passed();
  });

  it('the far end holds and takes back', async () => {
    const call = await stage(
      answered((scenario) =>
        scenario
          .asks('INVITE', { body: sdp('sendonly') })
          .mayBeTold(100)
          .told(200, { body: 'a=recvonly' })
          .asks('ACK')
          .pauses(100)
          .asks('INVITE', { body: sdp() })
          .mayBeTold(100)
          .told(200, { body: 'a=sendrecv' })
          .asks('ACK'),
      ),
    );
    call.dial();
    expect(await call.until('hold', 1)).toMatchObject({ on: true });
    expect(await call.until('hold', 2)).toMatchObject({ on: false });
    call.send({ kind: 'hangup', leg: 'a' });
    await call.passed();
  });

  it('we hold, meet another offer on the way, try again, and take back', async () => {
    const call = await stage(
      answered((scenario) =>
        scenario
          .asked('INVITE', { body: 'a=sendonly' })
          .answers(491, 'Request Pending')
          .asked('ACK')
          .asked('INVITE', { body: 'a=sendonly' })
          .answers(200, 'OK', { body: sdp('recvonly'), untilAck: true })
          .asked('ACK')
          .presses('1')
          .asked('INVITE', { body: 'a=sendrecv' })
          .answers(200, 'OK', { body: sdp(), untilAck: true })
          .asked('ACK')
          .presses('2'),
      ),
    );
    call.dial();
    await call.until('leg.answered');
    call.send({ kind: 'hold', leg: 'a', on: true });
    await call.until('dtmf', 1);
    call.send({ kind: 'hold', leg: 'a', on: false });
    await call.until('dtmf', 2);
    call.send({ kind: 'hangup', leg: 'a' });
    await call.passed();
  });

  it('a session is offered a timer, asked for a longer one, and refreshed', async () => {
    const call = await stage(
      new Scenario()
        .invited({ 'Session-Expires': '1800', 'Min-SE': '90', Supported: 'timer' })
        .answers(422, 'Session Interval Too Small', { tag: TAG, headers: ['Min-SE: 2000'] })
        .asked('ACK')
        .invited({ 'Session-Expires': '2000', 'Min-SE': '2000' })
        .answers(200, 'OK', {
          tag: TAG,
          body: sdp(),
          headers: ['Require: timer', 'Session-Expires: 2000;refresher=uas'],
          untilAck: true,
        })
        .asked('ACK')
        .asks('UPDATE', { headers: ['Supported: timer', 'Session-Expires: 2000;refresher=uac'] })
        .told(200, { 'Session-Expires': '2000' })
        .presses('1')
        .asked('BYE')
        .answers(200, 'OK'),
    );
    call.dial();
    await call.until('dtmf');
    call.send({ kind: 'hangup', leg: 'a' });
    await call.passed();
  });

  it('a second answer of a forked call is acknowledged and ended', async () => {
    const call = await stage(
      new Scenario()
        .invited()
        .remembersVia()
        .answers(180, 'Ringing', { tag: 'one' })
        .answers(183, 'Session Progress', { tag: 'two', body: sdp() })
        .answersInvite(200, 'OK', 1, { tag: 'two', body: sdp() })
        .asked('ACK', { To: 'tag=two' })
        .answersInvite(200, 'OK', 1, { tag: 'one', body: sdp() })
        .asked('ACK', { To: 'tag=one' })
        .asked('BYE', { To: 'tag=one' })
        .answers(200, 'OK')
        .presses('1', 'two')
        .asked('BYE', { To: 'tag=two' })
        .answers(200, 'OK'),
    );
    call.dial();
    await call.until('dtmf');
    call.send({ kind: 'hangup', leg: 'a' });
    await call.passed();
  });

  it('an answer that crosses our CANCEL is acknowledged and ended', async () => {
    const call = await stage(
      new Scenario()
        .invited()
        .remembersVia()
        .answers(180, 'Ringing', { tag: TAG })
        .asked('CANCEL')
        .answers(200, 'OK')
        .answersInvite(200, 'OK', 1, { body: sdp() })
        .asked('ACK')
        .asked('BYE')
        .answers(200, 'OK'),
    );
    call.dial();
    await call.until('leg.ringing');
    call.send({ kind: 'hangup', leg: 'a' });
    expect(await call.until('leg.ended')).toMatchObject({ cause: 'canceled' });
    await call.passed();
  });

  it('a phone calls in, is heard early and reliably, and transfers its call', async () => {
    const to = '102';
    const dialog = { to, user: '101', isInDialog: true };
    const call = await stage(
      asPhone('INVITE', { to, body: sdp(), headers: ['Supported: 100rel'] })
        .mayBeTold(100)
        .told(183, { Require: '100rel', RSeq: '[0-9]+', body: 'm=audio' }, { route: true })
        .calls('PRACK', { ...dialog, cseq: 3, headers: ['RAck: [$rseq] 2 INVITE'] })
        .told(200)
        .calls('INFO', { ...dialog, cseq: 4, body: 'Signal=1', type: 'application/dtmf-relay' })
        .told(200)
        .told(200, { Contact: 'sip:' }, { route: true })
        .calls('ACK', { ...dialog, cseq: 2 })
        .calls('REFER', { ...dialog, cseq: 5, headers: ['Refer-To: <sip:103@[remote_ip]>'] })
        .told(202)
        .asked('NOTIFY', { Event: 'refer', 'Subscription-State': 'active', body: '100' })
        .answers(200, 'OK')
        .calls('INFO', { ...dialog, cseq: 6, body: 'Signal=2', type: 'application/dtmf-relay' })
        .told(200)
        .asked('NOTIFY', { 'Subscription-State': 'terminated', body: '200' })
        .answers(200, 'OK')
        .asked('BYE')
        .answers(200, 'OK'),
      { calls: to },
    );
    const { leg } = await call.until('leg.incoming');
    call.send({ kind: 'early', leg });
    await call.until('dtmf');
    call.send({ kind: 'answer', leg });
    const { transfer, to: target } = await call.until('transfer.request');
    expect(target).toBe('103');
    await call.until('dtmf', 2);
    call.send({ kind: 'transferProgress', leg, transfer, sipCode: 200 });
    call.send({ kind: 'hangup', leg });
    await call.passed();
  });

  it('an offer may come with the answer', async () => {
    const call = await stage(
      asPhone('INVITE', { to: '102' })
        .mayBeTold(100)
        .told(200, { body: 'm=audio' }, { route: true })
        .calls('ACK', { to: '102', user: '101', isInDialog: true, cseq: 2, body: sdp() })
        .asked('BYE')
        .answers(200, 'OK'),
      { calls: '102' },
    );
    const { leg } = await call.until('leg.incoming');
    call.send({ kind: 'answer', leg });
    await call.until('leg.answered');
    call.send({ kind: 'hangup', leg });
    await call.passed();
  });

  it('a phone subscribes to its messages, and takes the subscription back', async () => {
    const fields = ['Event: message-summary', 'Accept: application/simple-message-summary'];
    const call = await stage(
      asPhone('SUBSCRIBE', { to: '101', headers: [...fields, 'Expires: 60'] })
        .told(200, { Expires: '60' }, { route: true })
        .asked('NOTIFY', { Event: 'message-summary', 'Subscription-State': 'active', body: 'Messages-Waiting: no' })
        .answers(200, 'OK')
        .calls('SUBSCRIBE', { to: '101', user: '101', isInDialog: true, cseq: 3, headers: [...fields, 'Expires: 0'] })
        .told(200, { Expires: '0' })
        .asked('NOTIFY', { 'Subscription-State': 'terminated' })
        .answers(200, 'OK'),
      { calls: '101' },
    );
    await call.passed();
  });

  it('a trunk may not transfer (rule 12), and a message of a stranger is refused', async () => {
    const call = await stage(
      answered((scenario) =>
        scenario
          .asks('REFER', { headers: ['Refer-To: <sip:+19005550123@[remote_ip]>'] })
          .told(603)
          .presses('1'),
      ),
    );
    call.dial();
    await call.until('dtmf');
    call.send({ kind: 'hangup', leg: 'a' });
    await call.passed();

    const stranger = await stage(
      new Scenario()
        .calls('MESSAGE', { to: '102', user: 'nobody', cseq: 1, body: 'hello', type: 'text/plain' })
        .told(403),
      { calls: '102' },
    );
    await stranger.passed();
  });
});
