import { expect, test } from 'vitest';
import { parseNameAddress, parseUri, parseVia } from './sip-address.js';
import { formatMessage, parseMessage, StreamFraming } from './sip-text.js';
import { formatDescription, parseDescription } from './session-description.js';

const invite = [
  'INVITE sip:+18005550199@[::1]:5070;transport=tcp SIP/2.0',
  'v: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa , SIP / 2.0 / TCP first.example.com;branch=z9hG4bKb',
  'f: "Smith, \\"J\\" <x>" <sip:j%40s@example.com;user=phone>;tag=1',
  't: sip:bob@example.com;tag=2',
  'Subject: folded',
  '  over two lines',
  'm: <sip:a,b@example.com>, <sip:c@example.com>',
  'l: 3',
  '',
  'xyz and what follows the body',
].join('\r\n');

test('compact forms, folding, lists, quotes and brackets', () => {
  const message = parseMessage(Buffer.from(invite));
  if (message.kind !== 'request') throw new Error('a request was expected');
  const { headers } = message;
  expect(message.body).toBe('xyz');
  expect(headers.get('subject')).toBe('folded over two lines');
  expect(headers.all('Contact')).toEqual(['<sip:a,b@example.com>', '<sip:c@example.com>']);
  expect(headers.all('Via').map((via) => parseVia(via).transport)).toEqual(['udp', 'tcp']);
  expect(parseUri(message.uri)).toEqual({
    user: '+18005550199',
    host: '[::1]',
    port: 5070,
    params: { transport: 'tcp' },
  });
  const from = parseNameAddress(headers.get('From'));
  expect([from.displayName, parseUri(from.uri).user, from.params.tag]).toEqual(['Smith, "J" <x>', 'j@s', '1']);
  // Without brackets the parameter is the field's, not the URI's.
  expect(parseNameAddress(headers.get('To'))).toEqual({
    displayName: '',
    uri: 'sip:bob@example.com',
    params: { tag: '2' },
  });
});

test.each([
  ['no empty line', 'OPTIONS sip:a SIP/2.0\r\nVia: x\r\n', 'no empty line'],
  ['no start line', 'HELLO\r\n\r\n', 'not a SIP start line'],
  ['a line that is no field', 'OPTIONS sip:a SIP/2.0\r\nnonsense\r\n\r\n', 'not a header field'],
  ['a body cut short', 'OPTIONS sip:a SIP/2.0\r\nContent-Length: 9\r\n\r\nxyz', 'shorter than Content-Length'],
])('text with %s is refused', (_, text, reason) => {
  expect(() => parseMessage(Buffer.from(text))).toThrow(reason);
});

test('a stream is cut at Content-Length however it was split', () => {
  const response = 'SIP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nhi';
  const stream = Buffer.from(`\r\n\r\n${response}${response}\r\n${response}`);
  for (const size of [1, 7, 1000]) {
    const framing = new StreamFraming();
    const messages: string[] = [];
    for (let at = 0; at < stream.length; at += size)
      messages.push(...framing.push(stream.subarray(at, at + size)).map(String));
    expect(messages).toEqual([response, response, response]);
  }
});

test('what is formatted is parsed again, with the length in bytes', () => {
  const message = parseMessage(Buffer.from(invite));
  const again = parseMessage(formatMessage({ ...message, body: 'größe' }));
  expect([again.body, again.headers.get('Content-Length')]).toEqual(['größe', '7']);
});

test('session descriptions', () => {
  const audio = {
    host: '127.0.0.1',
    port: 4000,
    codecs: ['PCMA' as const],
    eventPayload: 97,
    direction: 'sendonly' as const,
  };
  expect(parseDescription(formatDescription(audio, { id: '1', version: 1 }))).toEqual({ ...audio, ptimeMs: 20 });
  // The media's own address and direction count for more than the session's; static payloads need no rtpmap.
  const text =
    'v=0\nc=IN IP4 1.1.1.1\na=sendrecv\nm=audio 6 RTP/AVP 9 8 0\nc=IN IP4 2.2.2.2\nm=video 8 RTP/AVP 31\na=inactive';
  expect(parseDescription(text)).toEqual({ host: '2.2.2.2', port: 6, codecs: ['PCMA', 'PCMU'], direction: 'sendrecv' });
  expect(() => parseDescription('v=0\r\nm=video 8 RTP/AVP 31\r\n')).toThrow('without audio');
});
