import { parseCSeq } from '#voice/sip/cseq.js';
import { canonicalHeaderName } from '#voice/sip/header-names.js';
import { Headers, type SipMessage, type SipRequest } from '#voice/sip/message.js';
import { parseNameAddress } from '#voice/sip/name-address.js';
import { isToken } from '#voice/sip/quoted-string.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import { parseUri } from '#voice/sip/uri.js';
import { topVia } from '#voice/sip/via.js';

/** The largest message read: what a UDP datagram can hold. */
export const MAX_MESSAGE_BYTES = 65_535;
export const MAX_HEADER_FIELDS = 256;
/** One field with its continuation lines, characters. */
export const MAX_HEADER_LENGTH = 8_192;

export const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** A start line and header fields, before the body. */
export interface ParsedHead {
  /** With an empty body. Undefined: the start line is not SIP's. */
  message: SipMessage | undefined;
  /** Content-Length; undefined when absent or not readable. */
  contentLength: number | undefined;
  /** The first fault met. The message must then not be used. */
  fault: SipParseError | undefined;
}

/**
 * A whole message in one datagram (RFC 3261 sections 7 and 18.3): bytes after Content-Length are ignored, and without
 * Content-Length the body is all that follows.
 * @throws SipParseError
 */
export function parseMessage(datagram: Buffer): SipMessage {
  if (datagram.length > MAX_MESSAGE_BYTES) throw new SipParseError('Message too large', 513);
  const start = afterLineBreaks(datagram);
  const headEnd = datagram.indexOf(END_OF_HEAD, start);
  if (headEnd < 0) throw new SipParseError('No empty line after the header fields');
  const { message, contentLength, fault } = parseHead(datagram.toString('utf8', start, headEnd));
  if (fault !== undefined) throw fault;
  if (message === undefined) throw new SipParseError('Not SIP');
  const body = datagram.subarray(headEnd + END_OF_HEAD.length);
  if (contentLength !== undefined && contentLength > body.length) {
    throw faultIn(message, 'Body shorter than Content-Length');
  }
  message.body = contentLength === undefined ? body : body.subarray(0, contentLength);
  return message;
}

/** Line breaks before a start line are ignored (RFC 3261 section 7.5). */
export function afterLineBreaks(bytes: Buffer, start = 0): number {
  let at = start;
  while (bytes[at] === 0x0d || bytes[at] === 0x0a) at++;
  return at;
}

/**
 * Parses a head without its empty line. Never throws: after a fault what could be read is still reported, so that a
 * stream stays framed and the sender gets an answer.
 */
export function parseHead(head: string): ParsedHead {
  const firstBreak = head.indexOf('\r\n');
  const start = parseStartLine(firstBreak < 0 ? head : head.slice(0, firstBreak));
  if (start === undefined) {
    return { message: undefined, contentLength: undefined, fault: new SipParseError('Not SIP') };
  }
  const { message } = start;
  const fieldsFault = firstBreak < 0 ? undefined : readFields(head, firstBreak + 2, message.headers);
  const length = message.headers.get('Content-Length');
  const contentLength = length !== undefined && /^\d{1,10}$/.test(length) ? Number(length) : undefined;
  const fault = start.fault ?? fieldsFault ?? checkEssentials(message);
  return { message, contentLength, fault: fault && faultIn(message, fault.message, fault.status) };
}

interface StartLine {
  message: SipMessage;
  fault?: SipParseError;
}

const VERSION = 'SIP/2.0';
const STATUS_LINE = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/i;

function parseStartLine(line: string): StartLine | undefined {
  const headers = new Headers();
  const body = Buffer.alloc(0);
  if (/^SIP\//i.test(line)) {
    const match = STATUS_LINE.exec(line);
    if (match === null) return undefined;
    return { message: { kind: 'response', status: Number(match[1]), reason: match[2] ?? '', headers, body } };
  }
  const methodEnd = line.indexOf(' ');
  const uriEnd = line.lastIndexOf(' ');
  const method = line.slice(0, methodEnd);
  if (!/ SIP\/\d/i.test(line) || !isToken(method)) return undefined;
  const uri = line.slice(methodEnd + 1, uriEnd);
  const message: SipRequest = { kind: 'request', method, uri, headers, body };
  const version = line.slice(uriEnd + 1);
  if (version.toUpperCase() !== VERSION) {
    const known = /^SIP\/\d+\.\d+$/i.test(version);
    return { message, fault: known ? new SipParseError('Version Not Supported', 505) : badRequestLine() };
  }
  if (uriEnd === methodEnd || /[\s<>]/.test(uri)) return { message, fault: badRequestLine() };
  return { message };
}

function badRequestLine(): SipParseError {
  return new SipParseError('Malformed Request-Line');
}

/** Fills `headers`; the fault is undefined when all fields are well formed. */
function readFields(head: string, from: number, headers: Headers): SipParseError | undefined {
  let count = 0;
  let at = from;
  let fault: SipParseError | undefined;
  while (at < head.length) {
    let lineEnd = endOfLine(head, at);
    let folded = false;
    while (isBlank(head.charCodeAt(lineEnd + 2))) {
      lineEnd = endOfLine(head, lineEnd + 2);
      folded = true;
    }
    if (++count > MAX_HEADER_FIELDS) return new SipParseError('Too many header fields');
    if (lineEnd - at > MAX_HEADER_LENGTH) return new SipParseError('Header field too long');
    fault ??= readField(folded ? unfold(head.slice(at, lineEnd)) : head.slice(at, lineEnd), headers);
    at = lineEnd + 2;
  }
  return fault;
}

function readField(line: string, headers: Headers): SipParseError | undefined {
  const colon = line.indexOf(':');
  // Blanks before the colon are allowed (RFC 3261 section 7.3.1).
  const name = line.slice(0, Math.max(0, colon)).trimEnd();
  if (!isToken(name)) return new SipParseError('Malformed header field');
  const value = line.slice(colon + 1).trim();
  if (value.includes('\n') || value.includes('\r')) return new SipParseError('Bare line break in header field');
  headers.add(canonicalHeaderName(name), value);
  return undefined;
}

function endOfLine(head: string, from: number): number {
  const end = head.indexOf('\r\n', from);
  return end < 0 ? head.length : end;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function unfold(lines: string): string {
  return lines
    .split('\r\n')
    .map((line) => line.trim())
    .join(' ');
}

const ESSENTIAL = ['From', 'To', 'Call-ID', 'CSeq'];
const SINGLE = [...ESSENTIAL, 'Max-Forwards', 'Content-Length', 'Content-Type'];

/** What everything above relies on without looking: RFC 3261 sections 8.1.1, 8.2.1 and 20. */
function checkEssentials(message: SipMessage): SipParseError | undefined {
  const { headers } = message;
  for (const name of SINGLE) {
    if (headers.getAll(name).length > 1) return new SipParseError(`Repeated ${name}`);
  }
  const [from, to, callId, cseq] = ESSENTIAL.map((name) => headers.get(name));
  if (from === undefined || to === undefined || !callId || cseq === undefined) {
    const missing = ESSENTIAL.find((name) => !headers.get(name));
    return new SipParseError(`Missing ${missing ?? 'header field'}`);
  }
  try {
    topVia(headers);
    parseNameAddress(from);
    parseNameAddress(to);
    const { method } = parseCSeq(cseq);
    checkNumber(headers, 'Content-Length', MAX_MESSAGE_BYTES);
    if (message.kind === 'request') {
      if (method !== message.method) throw new SipParseError('CSeq of another method');
      checkNumber(headers, 'Max-Forwards', 255);
      checkRequestUri(message.uri);
    }
    return undefined;
  } catch (error) {
    if (error instanceof SipParseError) return error;
    throw error;
  }
}

function checkNumber(headers: Headers, name: string, most: number): void {
  const value = headers.get(name);
  if (value === undefined) return;
  if (!/^\d+$/.test(value)) throw new SipParseError(`Malformed ${name}`);
  if (Number(value) > most) throw new SipParseError(`${name} out of range`, name === 'Content-Length' ? 513 : 400);
}

function checkRequestUri(text: string): void {
  const uri = parseUri(text);
  if ((uri.scheme === 'sip' || uri.scheme === 'sips') && uri.headers.size > 0) {
    throw new SipParseError('Header fields in Request-URI');
  }
}

function faultIn(message: SipMessage, why: string, status = 400): SipParseError {
  return new SipParseError(why, status, message.kind === 'request' && canBeAnswered(message) ? message : undefined);
}

function canBeAnswered({ headers, method }: SipRequest): boolean {
  if (method === 'ACK' || ESSENTIAL.some((name) => headers.get(name) === undefined)) return false;
  try {
    topVia(headers);
    return true;
  } catch {
    return false;
  }
}
