import assert from 'node:assert/strict';
import { mutate } from '#voice/fuzz/mutate.fixture.js';
import { pick, type Random } from '#voice/fuzz/random.fixture.js';
import { answerOffer, readAnswer, type LocalMedia } from '#voice/sdp/offer-answer.js';
import {
  parseSessionDescription,
  SdpError,
  writeSessionDescription,
  type SessionDescription,
} from '#voice/sdp/session-description.js';
import { sdpOf } from '#voice/sip/scripted-peer.fixture.js';

const LOCAL: LocalMedia = { address: '192.0.2.1', port: 40_000, sessionId: '1', version: 1 };

const SEEDS = [
  sdpOf('192.0.2.9'),
  sdpOf('0.0.0.0', 40_002, 'inactive', 'ptime:30', 'rtcp:40003'),
  [
    'v=0',
    'o=alice 2890844526 2890844527 IN IP6 2001:db8::9',
    's=a call',
    'i=information',
    'b=AS:84',
    't=2873397496 2873404696',
    'a=sendonly',
    'm=video 51372 RTP/AVP 99',
    'a=rtpmap:99 h263-1998/90000',
    'm=audio 49170/2 RTP/AVP 18 8 0 13 96 97',
    'c=IN IP4 192.0.2.7/127',
    'a=rtpmap:96 telephone-event/8000',
    'a=fmtp:96 0-16,32-49',
    'a=rtpmap:97 opus/48000/2',
    'm=audio 0 RTP/SAVP 0',
    'm=image 4000 udptl t38',
    '',
  ].join('\r\n'),
].map((text) => Buffer.from(text));

function tried(read: () => SessionDescription): SessionDescription | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SdpError) return undefined;
    throw error;
  }
}

/** Reads or refuses a damaged description; what it answers can be read, has as many streams, and a session that works. */
export function sessionDescription(random: Random): void {
  const described = tried(() => parseSessionDescription(mutate(random, pick(random, SEEDS), SEEDS)));
  if (described === undefined) return;
  const again = tried(() => parseSessionDescription(writeSessionDescription(described)));
  assert.equal(again?.media.length, described.media.length);
  const made = answerOffer(described, LOCAL);
  const read = readAnswer(described);
  if (made.ok) {
    const answer = parseSessionDescription(writeSessionDescription(made.answer));
    assert.equal(answer.media.length, described.media.length);
    assert.equal(answer.media.filter(({ port }) => port > 0).length, 1);
  }
  for (const result of [made, read]) {
    if (!result.ok) continue;
    const { remotePort, payloadType, dtmfPayloadType = 0 } = result.session;
    assert(remotePort > 0 && remotePort < 65_536 && payloadType < 128 && dtmfPayloadType < 128);
  }
}
