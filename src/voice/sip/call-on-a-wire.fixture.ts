import type { SipMessage, SipRequest, SipResponse } from '#voice/sip/message.js';
import { CARRIER, engineOnAWire } from '#voice/sip/engine-on-a-wire.fixture.js';
import { sdpOf, type Asking, type ScriptedPeer } from '#voice/sip/scripted-peer.fixture.js';
import type { SipEngineOptions } from '#voice/sip/sip-engine.js';

type Options = Partial<SipEngineOptions>;

/** For tests: a call through the trunk that the test answers. */
export async function dialledCall(options: Options = {}) {
  const world = engineOnAWire(options);
  const carrier = world.peer(CARRIER);
  world.dial('a');
  await world.run();
  return { ...world, carrier, leg: 'a', invite: carrier.request('INVITE') };
}

/** For tests: a call from the trunk. */
export async function incomingCall(asking: Asking = {}, options: Options = {}) {
  const world = engineOnAWire(options);
  await world.run();
  const carrier = world.peer(CARRIER);
  const invite = carrier.ask('INVITE', { sdp: sdpOf(CARRIER), ...asking });
  await world.run();
  const leg = world.events.all.find((event) => event.kind === 'leg.incoming')?.leg ?? '';
  world.events.story();
  return { ...world, carrier, invite, leg };
}

/** For tests: the same, answered by the far end. `made` is the request whose dialog it is, `theirs` asks within it. */
export async function answeredByThem(headers: [string, string][] = [], options: Options = {}) {
  const world = await dialledCall(options);
  world.carrier.respond(world.invite, 200, { sdp: sdpOf(CARRIER), headers });
  await world.run();
  const ack = world.carrier.request('ACK');
  world.events.story();
  world.carrier.heard();
  return { ...world, theirs: inDialogOf(world.carrier, ack) };
}

/** For tests: the same, answered by us. */
export async function answeredByUs(asking: Asking = {}, options: Options = {}) {
  const world = await incomingCall(asking, options);
  world.engine.send({ kind: 'answer', leg: world.leg });
  await world.run();
  const ok = world.carrier.response(200);
  const theirs = inDialogOf(world.carrier, ok);
  theirs('ACK', { sequence: asking.sequence ?? 1 });
  await world.run();
  world.events.story();
  world.carrier.heard();
  return { ...world, ok, theirs };
}

/**
 * For tests: the far end's requests in the dialog of a message that it has got: a request of ours, or our answer to one of
 * its own.
 */
export function inDialogOf(peer: ScriptedPeer, message: SipMessage) {
  const [from, to] = message.kind === 'request' ? ['To', 'From'] : ['From', 'To'];
  return (method: string, asking: Asking = {}): SipRequest =>
    peer.ask(method, {
      from: message.headers.get(from)!,
      to: message.headers.get(to)!,
      callId: message.headers.get('Call-ID')!,
      ...asking,
    });
}

/** For tests: a header field, as text or nothing. */
export function field(message: SipRequest | SipResponse, name: string): string {
  return message.headers.get(name) ?? '';
}
