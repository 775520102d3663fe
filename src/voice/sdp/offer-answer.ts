/**
 * Offer and answer (RFC 3264) for one stream of G.711 audio with telephone events (RFC 4733). The session that comes out
 * is seen from our side: where to send, in which codec, and in which directions.
 */
import { isIP } from 'node:net';
import type { CodecName, MediaDirection, MediaSession } from '#voice/media/media-port.js';
import type { Attribute, MediaDescription, SessionDescription } from '#voice/sdp/session-description.js';

/** Our side of a leg's media. */
export interface LocalMedia {
  /** The address that the far end sends RTP to. */
  address: string;
  port: number;
  /** `o=` session id: the same in all descriptions of one dialog. */
  sessionId: string;
  /** `o=` version: one more for each description that differs from the one before. */
  version: number;
}

/** Why there is no session; ready for a Warning or a log. */
export interface NoSession {
  ok: false;
  reason: string;
}

export type AnswerMade = { ok: true; answer: SessionDescription; session: MediaSession } | NoSession;
export type AnswerRead = { ok: true; session: MediaSession } | NoSession;

/** Our codecs in order of preference, with their static payload types (RFC 3551). */
const CODECS: readonly { name: CodecName; payloadType: number }[] = [
  { name: 'PCMU', payloadType: 0 },
  { name: 'PCMA', payloadType: 8 },
];
/** The dynamic payload type that nearly every phone uses for telephone events. */
const TELEPHONE_EVENT_PAYLOAD_TYPE = 101;
/** Digits, *, #, A–D: the events of RFC 4733 section 3.2. */
const TELEPHONE_EVENTS = '0-15';
const PACKET_MS = '20';

export function makeOffer(local: LocalMedia, direction: MediaDirection = 'sendrecv'): SessionDescription {
  const audio = audioDescription(local.port, direction, [
    ...CODECS.map(({ name, payloadType }) => ({ name, payloadType })),
    { name: 'telephone-event', payloadType: TELEPHONE_EVENT_PAYLOAD_TYPE },
  ]);
  return describe(local, '0 0', [audio]);
}

/**
 * Answers an offer: the first audio stream that we can serve, in the offerer's first codec that we have; every other
 * stream is refused with port 0.
 */
export function answerOffer(offer: SessionDescription, local: LocalMedia): AnswerMade {
  const refusals: string[] = [];
  let session: MediaSession | undefined;
  const media = offer.media.map((medium): MediaDescription => {
    if (session !== undefined) return refused(medium);
    const read = readStream(offer, medium);
    if (!read.ok) {
      refusals.push(read.reason);
      return refused(medium);
    }
    session = read.session;
    const formats = [{ name: session.codec as string, payloadType: session.payloadType }];
    if (session.dtmfPayloadType !== undefined) {
      formats.push({ name: 'telephone-event', payloadType: session.dtmfPayloadType });
    }
    return audioDescription(local.port, session.direction, formats);
  });
  if (session === undefined) return { ok: false, reason: refusals[0] ?? 'the offer has no media' };
  return { ok: true, answer: describe(local, offer.timing, media), session };
}

/** Reads the answer to an offer made by `makeOffer` (one audio stream). */
export function readAnswer(answer: SessionDescription, offered: MediaDirection = 'sendrecv'): AnswerRead {
  const medium = answer.media[0];
  if (medium === undefined) return { ok: false, reason: 'the answer has no media' };
  const read = readStream(answer, medium);
  if (!read.ok) return read;
  // An answer cannot give back a direction that the offer did not have.
  return { ok: true, session: { ...read.session, direction: narrower(offered, read.session.direction) } };
}

/** One stream of the far end's description as a session of ours, or why it cannot be one. */
function readStream(description: SessionDescription, medium: MediaDescription): AnswerRead {
  const no = (reason: string): NoSession => ({ ok: false, reason });
  if (medium.type !== 'audio') return no(`a stream of ${medium.type}, not audio`);
  if (medium.port === 0) return no('the audio stream is refused (port 0)');
  if (medium.protocol !== 'RTP/AVP') return no(`audio over ${medium.protocol}, not RTP/AVP`);
  const address = medium.connection ?? description.connection;
  if (address === undefined) return no('no c= line: nowhere to send audio to');
  if (isIP(address) === 0) return no(`c= names a host (${address}), not an address`);
  if (isGroupAddress(address)) return no(`c= is not the address of one host (${address})`);

  const codec = firstCodec(medium);
  if (codec === undefined) return no(`no codec in common: offered ${medium.formats.join(' ')}, we have PCMU and PCMA`);
  const dtmfPayloadType = telephoneEvent(medium);
  return {
    ok: true,
    session: {
      remoteAddress: address,
      remotePort: medium.port,
      codec: codec.name,
      payloadType: codec.payloadType,
      ...(dtmfPayloadType !== undefined && { dtmfPayloadType }),
      direction: ourDirection(description, medium, address),
    },
  };
}

function firstCodec(medium: MediaDescription): { name: CodecName; payloadType: number } | undefined {
  for (const { payloadType, encoding, clockRate, channels } of payloadTypes(medium)) {
    const codec = CODECS.find(({ name }) => name === encoding);
    if (codec !== undefined && clockRate === 8000 && channels === 1) return { name: codec.name, payloadType };
  }
  return undefined;
}

function telephoneEvent(medium: MediaDescription): number | undefined {
  return payloadTypes(medium).find(({ encoding, clockRate }) => encoding === 'TELEPHONE-EVENT' && clockRate === 8000)
    ?.payloadType;
}

interface PayloadType {
  payloadType: number;
  /** Upper case. */
  encoding: string;
  clockRate: number;
  channels: number;
}

/** The formats of an `m=` line with their `rtpmap`; 0 and 8 need none (RFC 3551 section 6). */
function payloadTypes(medium: MediaDescription): PayloadType[] {
  return medium.formats.flatMap((format): PayloadType[] => {
    const payloadType = Number(format);
    if (!/^\d{1,3}$/.test(format) || payloadType > 127) return [];
    const map = medium.attributes.find(({ name, value }) => name === 'rtpmap' && value?.split(/\s+/)[0] === format);
    if (map === undefined) {
      const encoding = CODECS.find((codec) => codec.payloadType === payloadType)?.name;
      return encoding === undefined ? [] : [{ payloadType, encoding, clockRate: 8000, channels: 1 }];
    }
    const [encoding = '', clockRate, channels] = map.value?.split(/\s+/)[1]?.split('/') ?? [];
    return [
      { payloadType, encoding: encoding.toUpperCase(), clockRate: Number(clockRate), channels: Number(channels ?? 1) },
    ];
  });
}

const MIRROR: Record<MediaDirection, MediaDirection> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};

/** The far end's direction mirrored. `c=0.0.0.0` is the old form of hold (RFC 3264 section 8.4): do not send. */
function ourDirection(description: SessionDescription, medium: MediaDescription, address: string): MediaDirection {
  const ours = MIRROR[directionOf(medium.attributes) ?? directionOf(description.attributes) ?? 'sendrecv'];
  return address === '0.0.0.0' || address === '::' ? narrower(ours, 'recvonly') : ours;
}

function directionOf(attributes: Attribute[]): MediaDirection | undefined {
  return attributes.map(({ name }) => name).find((name): name is MediaDirection => Object.hasOwn(MIRROR, name));
}

/** What both directions allow. */
function narrower(a: MediaDirection, b: MediaDirection): MediaDirection {
  const sends = maySend(a) && maySend(b);
  const receives = mayReceive(a) && mayReceive(b);
  if (sends) return receives ? 'sendrecv' : 'sendonly';
  return receives ? 'recvonly' : 'inactive';
}

const maySend = (direction: MediaDirection): boolean => direction === 'sendrecv' || direction === 'sendonly';
const mayReceive = (direction: MediaDirection): boolean => direction === 'sendrecv' || direction === 'recvonly';

/** Multicast, and the broadcast address: sound for one call is never sent to many. */
function isGroupAddress(address: string): boolean {
  if (isIP(address) === 6) return /^ff/i.test(address);
  const first = Number(address.split('.')[0]);
  return (first >= 224 && first <= 239) || address === '255.255.255.255';
}

function audioDescription(
  port: number,
  direction: MediaDirection,
  formats: { name: string; payloadType: number }[],
): MediaDescription {
  const attributes: Attribute[] = formats.map(({ name, payloadType }) => ({
    name: 'rtpmap',
    value: `${payloadType} ${name}/8000`,
  }));
  const events = formats.find(({ name }) => name === 'telephone-event');
  if (events !== undefined) attributes.push({ name: 'fmtp', value: `${events.payloadType} ${TELEPHONE_EVENTS}` });
  attributes.push({ name: 'ptime', value: PACKET_MS }, { name: direction });
  return {
    type: 'audio',
    port,
    protocol: 'RTP/AVP',
    formats: formats.map(({ payloadType }) => String(payloadType)),
    attributes,
  };
}

/** RFC 3264 section 6: a refused stream keeps its type, protocol and at least one format, at port 0. */
function refused(medium: MediaDescription): MediaDescription {
  return { type: medium.type, port: 0, protocol: medium.protocol, formats: medium.formats, attributes: [] };
}

function describe(local: LocalMedia, timing: string, media: MediaDescription[]): SessionDescription {
  return {
    origin: {
      username: '-',
      sessionId: local.sessionId,
      version: String(local.version),
      address: local.address,
    },
    name: '-',
    connection: local.address,
    timing,
    attributes: [],
    media,
  };
}
