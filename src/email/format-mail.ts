/** A letter as text (RFC 5322) of parts (RFC 2045), all in ASCII and in lines of at most 76 characters. */
import { randomBytes } from 'node:crypto';
import type { Mail } from '#email/mailer.js';

const LINE = 76;
/** Of an encoded word (RFC 2047 section 2: 75 characters with its frame), in bytes of text. */
const WORD_BYTES = 42;
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** `from`: an address, or `Name <address>`. */
export function formatMail(mail: Mail, from: string): string {
  const { name, address } = readSender(from);
  const head = [
    `Date: ${formatDate(mail.at)}`,
    `From: ${name === '' ? address : `${headerText(name)} <${address}>`}`,
    `To: ${oneLine(mail.to)}`,
    `Subject: ${headerText(mail.subject)}`,
    `Message-ID: <${oneLine(mail.id)}@${address.slice(address.lastIndexOf('@') + 1)}>`,
    ...(mail.replyTo === undefined ? [] : [`Reply-To: ${oneLine(mail.replyTo)}`]),
    ...unsubscribeHeaders(mail.unsubscribeUrl),
    // Nobody's holiday reply is wanted (RFC 3834).
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
  ];
  const text = part('text/plain; charset=utf-8', [], Buffer.from(mail.text.replace(/\r?\n/g, '\r\n')));
  const { attachment } = mail;
  if (attachment === undefined) return [...head, ...text, ''].join('\r\n');
  const boundary = `part-${randomBytes(12).toString('hex')}`;
  const file = asciiName(attachment.name);
  const attached = part(
    `${oneLine(attachment.type)}; name="${file}"`,
    [`Content-Disposition: attachment; filename="${file}"`],
    attachment.bytes,
  );
  return [
    ...head,
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    '',
    ...[`--${boundary}`, ...text, `--${boundary}`, ...attached, `--${boundary}--`],
    '',
  ].join('\r\n');
}

/** Both, for a mail program to offer it as a click (RFC 8058 section 3.1). An address that would break its frame is none. */
function unsubscribeHeaders(url: string | undefined): string[] {
  if (url === undefined || !/^https?:\/\/[\x21-\x3b\x3d\x3f-\x7e]+$/.test(url)) return [];
  // The line is as long as the address: what is folded there some programs do not read.
  return [`List-Unsubscribe: <${url}>`, 'List-Unsubscribe-Post: List-Unsubscribe=One-Click'];
}

/** `Sidetone <phone@example.com>` or an address alone. Undefined address characters are for the server to refuse. */
export function readSender(from: string): { name: string; address: string } {
  const framed = /^(.*)<([^<>]*)>$/.exec(oneLine(from));
  const address = (framed?.[2] ?? oneLine(from)).trim();
  const name = (framed?.[1] ?? '').trim().replace(/^"(.*)"$/, '$1');
  return { name, address };
}

function part(type: string, more: readonly string[], bytes: Uint8Array): string[] {
  const encoded = Buffer.from(bytes).toString('base64');
  const lines: string[] = [];
  for (let at = 0; at < encoded.length; at += LINE) lines.push(encoded.slice(at, at + LINE));
  return [`Content-Type: ${type}`, 'Content-Transfer-Encoding: base64', ...more, '', ...lines];
}

/** Plain where it is short ASCII, else encoded words, one a line; none begins or ends within a character. */
function headerText(text: string): string {
  const line = oneLine(text);
  if (/^[\x20-\x7e]{0,60}$/.test(line) && !/=\?|["<>(),;:\\@[\]]/.test(line)) return line;
  const words: string[] = [];
  let word = '';
  for (const character of line) {
    if (Buffer.byteLength(word + character) > WORD_BYTES) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  words.push(word);
  return words.map((one) => `=?utf-8?B?${Buffer.from(one).toString('base64')}?=`).join('\r\n ');
}

/** What follows a line break would be a header of its own. */
function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is taken out
  return text.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').trim();
}

function asciiName(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]/g, '_');
}

/** RFC 5322 section 3.3, in UTC. */
function formatDate(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${DAYS[at.getUTCDay()]}, ${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
  return `${day} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} +0000`;
}
