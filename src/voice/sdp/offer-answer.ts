/**
 * Offer and answer (RFC 3264) for one stream of G.711 audio with telephone events (RFC 4733) and comfort noise (RFC 3389).
 * The session that comes out is seen from our side: where to send, in which codec, and in which directions.
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

export interface Agreed {
  ok: true;
  session: MediaSession;
  /** The streams of the description and which of them is ours: later offers have to have the same (section 8). */
  streams: MediaDescription[];
  audio: number;
  /** The far end does not want to hear us: `sendonly`, `inactive`, or the old `c=0.0.0.0` (RFC 3264 section 8.4). */
  holds: boolean;
}

export type AnswerMade = (Agreed & { answer: SessionDescription }) | NoSession;
export type AnswerRead = Agreed | NoSession;

/** Our codecs in order of preference, with their static payload types (RFC 3551). */
const CODECS: readonly { name: CodecName; payloadType: number }[] = [
  { name: 'PCMU', payloadType: 0 },
  { name: 'PCMA', payloadType: 8 },
];
/** The dynamic payload type that nearly every phone uses for telephone events. */
const TELEPHONE_EVENT_PAYLOAD_TYPE = 101;
/** Comfort noise, static (RFC 3551 section 4.5.14). */
const COMFORT_NOISE_PAYLOAD_TYPE = 13;
/** What a number means without `rtpmap`. */
const STATIC = new Map<number, string>([
  ...CODECS.map(({ name, payloadType }) => [payloadType, name] as const),
  [COMFORT_NOISE_PAYLOAD_TYPE, 'CN'],
]);
/** Digits, *, #, A–D: the events of RFC 4733 section 3.2. */
const TELEPHONE_EVENTS = '0-15';
const PACKET_MS = '20';

/** `before`: what the two have agreed on, where they have; streams and payload types keep their numbers. */
export function makeOffer(
  local: LocalMedia,
  direction: MediaDirection = 'sendrecv',
  before?: Agreed,
): SessionDescription {
  const audio = audioDescription(local.port, direction, [
    ...CODECS.map(({ name, payloadType }) => ({ name, payloadType })),
    { name: 'telephone-event', payloadType: eventPayloadType(before) },
    { name: 'CN', payloadType: COMFORT_NOISE_PAYLOAD_TYPE },
  ]);
  const streams = before?.streams.map((stream, at) => (at === before.audio ? audio : refused(stream)));
  return describe(local, '0 0', streams ?? [audio]);
}

/** Under which we hear telephone events by an offer of ours. */
function eventPayloadType(before: Agreed | undefined): number {
  const { dtmfReceivePayloadType, dtmfPayloadType } = before?.session ?? {};
  return dtmfReceivePayloadType ?? dtmfPayloadType ?? TELEPHONE_EVENT_PAYLOAD_TYPE;
}

/**
 * Answers an offer: the first audio stream that we can serve, in the offerer's first codec that we have; every other
 * stream is refused with port 0. `ours`: what we are ready for.
 */
export function answerOffer(
  offer: SessionDescription,
  local: LocalMedia,
  ours: MediaDirection = 'sendrecv',
): AnswerMade {
  const refusals: string[] = [];
  let agreed: Agreed | undefined;
  const media = offer.media.map((medium, at): MediaDescription => {
    if (agreed !== undefined) return refused(medium);
    const read = readStream(offer, medium, ours);
    if (!read.ok) {
      refusals.push(read.reason);
      return refused(medium);
    }
    agreed = { ...read, streams: offer.media, audio: at };
    const { session } = read;
    const formats = [{ name: session.codec as string, payloadType: session.payloadType }];
    if (session.dtmfPayloadType !== undefined) {
      formats.push({ name: 'telephone-event', payloadType: session.dtmfPayloadType });
    }
    if (session.comfortNoise === true) formats.push({ name: 'CN', payloadType: COMFORT_NOISE_PAYLOAD_TYPE });
    return audioDescription(local.port, session.direction, formats);
  });
  if (agreed === undefined) return { ok: false, reason: refusals[0] ?? 'the offer has no media' };
  return { ...agreed, answer: describe(local, offer.timing, media) };
}

/** Reads the answer to an offer made by `makeOffer` with the same `before`. */
export function readAnswer(
  answer: SessionDescription,
  offered: MediaDirection = 'sendrecv',
  before?: Agreed,
): AnswerRead {
  const audio = before?.audio ?? 0;
  const medium = answer.media[audio];
  if (medium === undefined) return { ok: false, reason: 'the answer has no media' };
  // An answer cannot give back a direction that the offer did not have.
  const read = readStream(answer, medium, offered);
  if (!read.ok) return read;
  const agreed = { ...read, streams: answer.media, audio };
  const { dtmfPayloadType } = read.session;
  const dtmfReceivePayloadType = eventPayloadType(before);
  if (dtmfPayloadType === undefined || dtmfPayloadType === dtmfReceivePayloadType) return agreed;
  // Each side sends events under the number that the other's description gives them (RFC 3264 section 6.1).
  return { ...agreed, session: { ...read.session, dtmfReceivePayloadType } };
}

/** One stream of the far end's description as a session of ours, or why it cannot be one. */
function readStream(
  description: SessionDescription,
  medium: MediaDescription,
  ours: MediaDirection,
): Omit<Agreed, 'streams' | 'audio'> | NoSession {
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
  const direction = directionOf(medium.attributes) ?? directionOf(description.attributes) ?? 'sendrecv';
  const listens = mayReceive(direction) && address !== '0.0.0.0' && address !== '::';
  const possible = MIRROR[direction];
  return {
    ok: true,
    holds: !listens,
    session: {
      remoteAddress: address,
      remotePort: medium.port,
      codec: codec.name,
      payloadType: codec.payloadType,
      ...(dtmfPayloadType !== undefined && { dtmfPayloadType }),
      ...(hasComfortNoise(medium) && { comfortNoise: true }),
      direction: narrower(ours, listens ? possible : narrower(possible, 'recvonly')),
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

function hasComfortNoise(medium: MediaDescription): boolean {
  return payloadTypes(medium).some(({ payloadType }) => payloadType === COMFORT_NOISE_PAYLOAD_TYPE);
}

interface PayloadType {
  payloadType: number;
  /** Upper case. */
  encoding: string;
  clockRate: number;
  channels: number;
}

/** The formats of an `m=` line with their `rtpmap`; 0, 8 and 13 need none (RFC 3551 section 6). */
function payloadTypes(medium: MediaDescription): PayloadType[] {
  return medium.formats.flatMap((format): PayloadType[] => {
    const payloadType = Number(format);
    if (!/^\d{1,3}$/.test(format) || payloadType > 127) return [];
    const map = medium.attributes.find(({ name, value }) => name === 'rtpmap' && value?.split(/\s+/)[0] === format);
    if (map === undefined) {
      const encoding = STATIC.get(payloadType);
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
