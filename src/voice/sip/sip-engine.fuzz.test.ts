import { expect, it } from 'vitest';
import { CARRIER, ENGINE, engineOnAWire } from '#voice/sip/engine-on-a-wire.fixture.js';
import { seededRandom } from '#voice/sip/lossy-wire.fixture.js';
import type { SipMessage } from '#voice/sip/message.js';
import { tagOf } from '#voice/sip/name-address.js';
import { parseMessage } from '#voice/sip/parse-message.js';
import { sdpOf } from '#voice/sip/scripted-peer.fixture.js';
import { serializeMessage } from '#voice/sip/serialize-message.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';

const ROUNDS = 40;
const DAMAGED_COPIES = 8;

/** Damages a message here and there; undefined where nothing is left that parses. */
function damaged(message: SipMessage, random: () => number): SipMessage | undefined {
  const below = (limit: number): number => Math.floor(random() * limit);
  const lines = serializeMessage(message).toString('latin1').split('\r\n');
  for (let strike = below(3); strike >= 0; strike -= 1) {
    const at = below(lines.length);
    const line = lines[at]!;
    const cut = below(line.length + 1);
    const piece = ['', ';', '"', '<', '>', ',', '@', '0', '99999999999', 'sip:', '\0', '\t', '%', 'tag=', ' 101 '][
      below(15)
    ]!;
    switch (below(5)) {
      case 0:
        lines.splice(at, 1);
        break;
      case 1:
        lines.splice(at, 0, line);
        break;
      case 2:
        lines[at] = line.slice(0, cut);
        break;
      case 3:
        lines[at] = line.slice(0, cut) + piece + line.slice(cut);
        break;
      default:
        lines[at] = line.slice(0, cut) + piece + line.slice(cut + 1 + below(4));
    }
  }
  try {
    // What does not parse is answered or dropped by the transport.
    return parseMessage(Buffer.from(lines.join('\r\n'), 'latin1'));
  } catch (error) {
    if (error instanceof SipParseError) return undefined;
    throw error;
  }
}

it.each([1, 2, 3])('lives through damaged messages in the middle of calls, and still calls (seed %i)', async (seed) => {
  const world = engineOnAWire();
  const { engine, events, run, deliver, dial } = world;
  const random = seededRandom(seed);
  const carrier = world.peer(CARRIER);
  const sdp = sdpOf(CARRIER);
  engine.on((event) => {
    if (event.kind !== 'leg.incoming') return;
    engine.send({ kind: 'ring', leg: event.leg });
    engine.send({ kind: 'answer', leg: event.leg });
  });
  /** Every message, after damaged forms of it. */
  const damage = (message: SipMessage): void => {
    for (let copies = 0; copies < DAMAGED_COPIES; copies += 1) {
      const other = damaged(message, random);
      if (other !== undefined) deliver(other);
    }
  };
  world.wire.loses = ({ from }, message) => {
    if (from === CARRIER) damage(message);
    return false;
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    dial(`out-${round}`);
    await run();
    const invite = carrier.request('INVITE');
    carrier.respond(invite, 180);
    carrier.respond(invite, 200, { sdp });
    carrier.ask('INVITE', { sdp, callId: `in-${round}` });
    await run();
    for (const method of ['INVITE', 'UPDATE', 'INFO', 'BYE']) {
      const toTag = tagOf(carrier.received.findLast(isOk)?.headers.get('To') ?? '<sip:x>') ?? 'none';
      carrier.ask(method, { sdp, callId: `in-${round}`, to: `<sip:x@${ENGINE}>;tag=${toTag}`, sequence: 2 });
    }
    engine.send({ kind: 'hangup', leg: `out-${round}` });
    await run(1_000);
    carrier.heard();
  }
  world.wire.loses = () => false;
  await run(200_000);

  const ends = events.all.filter(({ kind }) => kind === 'leg.ended').map((event) => 'leg' in event && event.leg);
  expect(new Set(ends).size).toBe(ends.length);
  for (let round = 0; round < ROUNDS; round += 1) expect(ends).toContain(`out-${round}`);
  events.story();
  dial('sane');
  await run();
  carrier.respond(carrier.request('INVITE'), 200, { sdp });
  await run();
  expect(events.story()).toEqual(['sane answered 200']);
});

function isOk(message: SipMessage): boolean {
  return message.kind === 'response' && message.status === 200;
}
