import { describe, expect, it } from 'vitest';
import { MAX_HEADER_FIELDS, MAX_HEADER_LENGTH, parseMessage } from '#voice/sip/parse-message.js';
import { serializeMessage } from '#voice/sip/serialize-message.js';
import { SipParseError } from '#voice/sip/sip-parse-error.js';
import { topVia, viaValues } from '#voice/sip/via.js';

const ESSENTIALS = [
  'Via: SIP/2.0/UDP 192.0.2.7:5062;branch=z9hG4bKabc;rport',
  'From: "Alice" <sip:alice@example.org>;tag=a1',
  'To: <sip:bob@example.com>',
  'Call-ID: 17@192.0.2.7',
  'CSeq: 4 INVITE',
];

function text(startLine: string, lines: string[], body = ''): Buffer {
  return Buffer.from(`${[startLine, ...lines].join('\r\n')}\r\n\r\n${body}`);
}

function invite(lines: string[], body = ''): Buffer {
  return text('INVITE sip:bob@example.com SIP/2.0', lines, body);
}

function replacing(name: string, line: string): string[] {
  return ESSENTIALS.map((field) => (field.startsWith(`${name}:`) ? line : field));
}

function fault(bytes: Buffer): SipParseError {
  try {
    parseMessage(bytes);
  } catch (error) {
    if (error instanceof SipParseError) return error;
    throw error;
  }
  throw new Error('it parsed');
}

describe('parseMessage', () => {
  it('reads a request with its body', () => {
    const message = parseMessage(invite([...ESSENTIALS, 'Content-Length: 4'], 'v=0\n'));
    expect(message).toMatchObject({ kind: 'request', method: 'INVITE', uri: 'sip:bob@example.com' });
    expect(message.body.toString()).toBe('v=0\n');
    expect(message.headers.get('call-id')).toBe('17@192.0.2.7');
  });

  it('reads a response, with and without a reason phrase', () => {
    const busy = parseMessage(text('SIP/2.0 486 Busy Here', ESSENTIALS));
    expect(busy).toMatchObject({ kind: 'response', status: 486, reason: 'Busy Here' });
    expect(parseMessage(text('SIP/2.0 100 ', ESSENTIALS))).toMatchObject({ status: 100, reason: '' });
    expect(parseMessage(text('SIP/2.0 100', ESSENTIALS))).toMatchObject({ status: 100, reason: '' });
  });

  it('expands compact names, ignores case and blanks around the colon', () => {
    const message = parseMessage(
      invite([
        'v : SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKabc',
        'f: <sip:a@example.org>;tag=1',
        'T:<sip:b@example.com>',
        'i:\t77',
        'cseq: 1 INVITE',
        'm: <sip:a@192.0.2.7>',
        'X-Own: kept',
      ]),
    );
    expect([...message.headers.entries()].map(([name]) => name)).toEqual([
      'Via',
      'From',
      'To',
      'Call-ID',
      'CSeq',
      'Contact',
      'X-Own',
    ]);
    expect(message.headers.get('Call-ID')).toBe('77');
  });

  it('joins folded lines with one blank', () => {
    const message = parseMessage(invite([...ESSENTIALS, 'Subject: first \r\n\t second\r\n  third']));
    expect(message.headers.get('Subject')).toBe('first second third');
  });

  it('finds every Via, several on a line or on lines of their own', () => {
    const lines = replacing(
      'Via',
      'Via: SIP/2.0/UDP a.example;branch=z9hG4bK1, SIP/2.0/TCP b.example:5070;branch=z9hG4bK2',
    );
    const message = parseMessage(invite([...lines, 'v: SIP/2.0/UDP [2001:db8::1]:5080']));
    expect(topVia(message.headers)).toMatchObject({ transport: 'UDP', host: 'a.example' });
    expect(viaValues(message.headers)).toHaveLength(3);
  });

  it('skips line breaks before the start line and bytes behind the body', () => {
    const message = parseMessage(
      Buffer.concat([Buffer.from('\r\n\r\n'), invite([...ESSENTIALS, 'l: 2'], 'ab'), Buffer.from('INVITE again')]),
    );
    expect(message.body.toString()).toBe('ab');
  });

  it('takes the rest of the datagram as body when Content-Length is missing', () => {
    expect(parseMessage(invite(ESSENTIALS, 'all of it')).body.toString()).toBe('all of it');
  });

  it.each([
    ['no Via', ESSENTIALS.slice(1), undefined],
    ['no From', replacing('From', 'X: y'), undefined],
    ['no CSeq', replacing('CSeq', 'X: y'), undefined],
    ['an empty Call-ID', replacing('Call-ID', 'Call-ID:'), 'INVITE'],
    ['two Call-IDs', [...ESSENTIALS, 'i: other'], 'INVITE'],
    ['CSeq of another method', replacing('CSeq', 'CSeq: 4 BYE'), 'INVITE'],
    ['CSeq of 2^31', replacing('CSeq', 'CSeq: 2147483648 INVITE'), 'INVITE'],
    ['an unreadable Via', replacing('Via', 'Via: SIP/2.0 UDP 192.0.2.7'), undefined],
    ['an unterminated display name', replacing('To', 'To: "Bob <sip:bob@example.com>'), 'INVITE'],
    ['a line without colon', [...ESSENTIALS, 'what is this'], 'INVITE'],
    ['a bare line feed', [...ESSENTIALS, 'Subject: a\nb: c'], 'INVITE'],
    ['Content-Length beyond the datagram', [...ESSENTIALS, 'Content-Length: 10'], 'INVITE'],
    ['a negative Content-Length', [...ESSENTIALS, 'Content-Length: -1'], 'INVITE'],
    ['two Content-Lengths', [...ESSENTIALS, 'l: 0', 'Content-Length: 0'], 'INVITE'],
    ['Max-Forwards over 255', [...ESSENTIALS, 'Max-Forwards: 256'], 'INVITE'],
    ['too many fields', [...ESSENTIALS, ...Array<string>(MAX_HEADER_FIELDS).fill('X: y')], 'INVITE'],
    ['a field too long', [...ESSENTIALS, `X: ${'y'.repeat(MAX_HEADER_LENGTH)}`], 'INVITE'],
  ])('refuses %s', (_, lines, answerable) => {
    const error = fault(invite(lines));
    expect(error.status).toBe(400);
    expect(error.request?.method).toBe(answerable);
  });

  it('answers another version with 505, and drops what is not SIP or only an ACK', () => {
    expect(fault(text('INVITE sip:bob@example.com SIP/7.0', ESSENTIALS))).toMatchObject({ status: 505 });
    expect(fault(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')).request).toBeUndefined();
    expect(fault(Buffer.from([0, 1, 2, 3])).request).toBeUndefined();
    expect(fault(Buffer.alloc(0)).request).toBeUndefined();
    expect(fault(text('ACK <sip:bob@example.com> SIP/2.0', replacing('CSeq', 'CSeq: 4 ACK'))).request).toBeUndefined();
    expect(fault(text('SIP/2.0 200 OK', ESSENTIALS.slice(1))).request).toBeUndefined();
  });
});

describe('serializeMessage', () => {
  it('writes what parses back the same, with a Content-Length of its own', () => {
    const message = parseMessage(invite([...ESSENTIALS, 'Content-Length: 3'], 'abc'));
    const bytes = serializeMessage({ ...message, body: Buffer.from('grüße') });
    const again = parseMessage(bytes);
    expect(again.body.toString()).toBe('grüße');
    expect(again.headers.getAll('Content-Length')).toEqual(['7']);
    expect(again.headers.get('From')).toBe('"Alice" <sip:alice@example.org>;tag=a1');
  });

  it('never lets a value start a field of its own', () => {
    const message = parseMessage(invite(ESSENTIALS));
    message.headers.add('Subject', 'x\r\nContact: <sip:evil@example.net>');
    expect(() => serializeMessage(message)).toThrow(TypeError);
  });
});
