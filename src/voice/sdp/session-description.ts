/**
 * Session descriptions (SDP, RFC 8866) in memory: read from what phones and carriers really send, written in the one
 * form that all of them read. Only what an audio call needs is understood; lines of other kinds are skipped.
 */
import { isIP } from 'node:net';

export interface SessionDescription {
  origin: Origin;
  /** `s=`; `-` where absent. */
  name: string;
  /** The session's `c=`: the address for every medium without one of its own. */
  connection?: string;
  /** The `t=` values; an answer repeats the offer's (RFC 3264 section 6). */
  timing: string;
  attributes: Attribute[];
  media: MediaDescription[];
}

export interface Origin {
  username: string;
  sessionId: string;
  /** Grows with every change of the description (RFC 3264 section 8). */
  version: string;
  address: string;
}

export interface Attribute {
  name: string;
  /** Undefined for a property attribute such as `sendonly`. */
  value?: string;
}

/** One `m=` line and what belongs to it. */
export interface MediaDescription {
  /** `audio`, `video`, … */
  type: string;
  /** 0: refused, or no longer wanted. */
  port: number;
  /** `RTP/AVP`, … */
  protocol: string;
  /** Payload types as text; formats of other protocols are words. */
  formats: string[];
  connection?: string;
  attributes: Attribute[];
}

/** The description cannot be used; the message names the line or what is missing. */
export class SdpError extends Error {
  override name = 'SdpError';
}

export const MAX_SDP_BYTES = 16_384;
const MAX_SDP_LINES = 512;
const MAX_MEDIA = 16;

/** @throws SdpError */
export function parseSessionDescription(body: Buffer | string): SessionDescription {
  if (body.length > MAX_SDP_BYTES) throw new SdpError(`session description over ${MAX_SDP_BYTES} bytes`);
  const lines = body.toString('utf8').split(/\r\n|\n|\r/);
  if (lines.length > MAX_SDP_LINES) throw new SdpError(`session description over ${MAX_SDP_LINES} lines`);

  let version: string | undefined;
  let origin: Origin | undefined;
  const session: Omit<SessionDescription, 'origin'> = { name: '-', timing: '0 0', attributes: [], media: [] };
  let medium: MediaDescription | undefined;
  for (const line of lines) {
    if (line.trim() === '') continue;
    if (line[1] !== '=') throw new SdpError(`not a line of a session description: ${excerpt(line)}`);
    const value = line.slice(2).trim();
    const kind = line[0];
    if (version === undefined && kind !== 'v') throw new SdpError('session description does not start with v=0');
    switch (kind) {
      case 'v':
        if (value !== '0') throw new SdpError(`unknown version of session description: ${excerpt(line)}`);
        version = value;
        break;
      case 'o':
        origin ??= parseOrigin(value);
        break;
      case 's':
        session.name = value === '' ? '-' : value;
        break;
      case 't':
        session.timing = value;
        break;
      case 'c':
        (medium ?? session).connection = parseConnection(value);
        break;
      case 'a':
        (medium ?? session).attributes.push(parseAttribute(value));
        break;
      case 'm':
        if (session.media.length === MAX_MEDIA) throw new SdpError(`more than ${MAX_MEDIA} media`);
        medium = parseMedia(value);
        session.media.push(medium);
        break;
      default:
        // i=, b=, k=, r=, … say nothing that an audio call needs.
        break;
    }
  }
  if (version === undefined) throw new SdpError('empty session description');
  if (origin === undefined) throw new SdpError('session description without o=');
  return { origin, ...session };
}

export function writeSessionDescription(description: SessionDescription): Buffer {
  const { origin } = description;
  const lines = [
    'v=0',
    `o=${origin.username} ${origin.sessionId} ${origin.version} IN ${networkAddress(origin.address)}`,
    `s=${description.name}`,
  ];
  if (description.connection !== undefined) lines.push(`c=IN ${networkAddress(description.connection)}`);
  lines.push(`t=${description.timing}`, ...description.attributes.map(attributeLine));
  for (const medium of description.media) {
    lines.push(`m=${medium.type} ${medium.port} ${medium.protocol} ${medium.formats.join(' ')}`);
    if (medium.connection !== undefined) lines.push(`c=IN ${networkAddress(medium.connection)}`);
    lines.push(...medium.attributes.map(attributeLine));
  }
  return Buffer.from(lines.join('\r\n') + '\r\n');
}

function parseOrigin(value: string): Origin {
  const [username, sessionId, version, , , address] = value.split(/\s+/);
  if (
    username === undefined ||
    sessionId === undefined ||
    version === undefined ||
    address === undefined ||
    !/^\d+$/.test(version)
  ) {
    throw new SdpError(`broken o= line: ${excerpt(value)}`);
  }
  return { username, sessionId, version, address };
}

function parseConnection(value: string): string {
  const [network, family, place] = value.split(/\s+/);
  // A multicast address carries `/ttl`; the address alone is enough to refuse it later.
  const address = place?.split('/')[0] ?? '';
  if (network !== 'IN' || (family !== 'IP4' && family !== 'IP6') || address === '') {
    throw new SdpError(`broken c= line: ${excerpt(value)}`);
  }
  return address;
}

function parseAttribute(value: string): Attribute {
  const colon = value.indexOf(':');
  return colon < 0 ? { name: value } : { name: value.slice(0, colon), value: value.slice(colon + 1).trim() };
}

function parseMedia(value: string): MediaDescription {
  const [type, portText, protocol, ...formats] = value.split(/\s+/);
  const port = /^(\d{1,5})(\/\d+)?$/.exec(portText ?? '')?.[1];
  if (type === undefined || port === undefined || protocol === undefined || formats.length === 0) {
    throw new SdpError(`broken m= line: ${excerpt(value)}`);
  }
  if (Number(port) > 65_535) throw new SdpError(`no such port: m=${excerpt(value)}`);
  return { type, port: Number(port), protocol, formats, attributes: [] };
}

function attributeLine({ name, value }: Attribute): string {
  return value === undefined ? `a=${name}` : `a=${name}:${value}`;
}

function networkAddress(address: string): string {
  return `${isIP(address) === 6 ? 'IP6' : 'IP4'} ${address}`;
}

function excerpt(line: string): string {
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}
