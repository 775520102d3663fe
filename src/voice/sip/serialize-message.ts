import type { SipMessage } from '#voice/sip/message.js';

/**
 * The bytes of a message. Content-Length is always written from the body, whatever the headers say.
 * @throws TypeError when a field holds a line break: it would start a field of its own
 */
export function serializeMessage(message: SipMessage): Buffer {
  let head =
    message.kind === 'request'
      ? `${oneLine(message.method)} ${oneLine(message.uri)} SIP/2.0\r\n`
      : `SIP/2.0 ${message.status} ${oneLine(message.reason)}\r\n`;
  for (const [name, value] of message.headers.entries()) {
    if (!isContentLength(name)) head += `${oneLine(name)}: ${oneLine(value)}\r\n`;
  }
  head += `Content-Length: ${message.body.length}\r\n\r\n`;
  if (message.body.length === 0) return Buffer.from(head);
  return Buffer.concat([Buffer.from(head), message.body]);
}

function oneLine(text: string): string {
  if (text.includes('\n') || text.includes('\r')) throw new TypeError('a line break in a SIP header field');
  return text;
}

function isContentLength(name: string): boolean {
  return name.length === 14 && name.toLowerCase() === 'content-length';
}
