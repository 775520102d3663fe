import { describe, expect, it } from 'vitest';
import { StreamParser, type StreamItem } from '#voice/sip/stream-parser.js';

function request(method: string, body = '', extra = ''): string {
  return [
    `${method} sip:bob@example.com SIP/2.0`,
    'Via: SIP/2.0/TCP 192.0.2.7;branch=z9hG4bKabc',
    'From: <sip:alice@example.org>;tag=a1',
    'To: <sip:bob@example.com>',
    'Call-ID: 17',
    `CSeq: 4 ${method}`,
    `${extra}Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

function told(items: StreamItem[]): string[] {
  return items.map((item) => {
    if (item.kind === 'message') {
      const what = item.message.kind === 'request' ? item.message.method : String(item.message.status);
      return `${what} ${item.message.body.toString()}`.trim();
    }
    return item.kind === 'ping' ? 'ping' : `${item.kind}: ${item.error.message}`;
  });
}

describe('StreamParser', () => {
  const stream = Buffer.from(
    `${request('MESSAGE', 'hello\r\n\r\n')}\r\n\r\n${request('OPTIONS')}${request('INFO', 'x')}`,
  );
  const whole = ['MESSAGE hello', 'ping', 'OPTIONS', 'INFO x'];

  it('takes several messages from one segment', () => {
    expect(told(new StreamParser().push(stream))).toEqual(whole);
  });

  it('gives the same for a stream cut in two at any byte', () => {
    for (let cut = 1; cut < stream.length; cut++) {
      const parser = new StreamParser();
      const items = [...parser.push(stream.subarray(0, cut)), ...parser.push(stream.subarray(cut))];
      expect(told(items), `cut at ${cut}`).toEqual(whole);
      expect(parser.isWaiting).toBe(false);
    }
  });

  it('gives the same byte by byte', () => {
    const parser = new StreamParser();
    const items: StreamItem[] = [];
    for (let at = 0; at < stream.length; at++) items.push(...parser.push(stream.subarray(at, at + 1)));
    expect(told(items)).toEqual(whole);
  });

  it('does not wait for anything after a single line break', () => {
    const parser = new StreamParser();
    expect(parser.push(Buffer.from('\r\n'))).toEqual([]);
    expect(parser.isWaiting).toBe(false);
    expect(told(parser.push(Buffer.from('\r\n')))).toEqual(['ping']);
  });

  it('goes on behind a message with a fault when its length is known', () => {
    const bad = request('INVITE', 'abc', 'Max-Forwards: 999\r\n');
    const items = new StreamParser().push(Buffer.from(bad + request('OPTIONS')));
    expect(told(items)).toEqual(['malformed: Max-Forwards out of range', 'OPTIONS']);
    expect(items[0]).toMatchObject({ error: { request: { method: 'INVITE' } } });
  });

  it.each([
    ['no SIP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'lost: Not SIP'],
    [
      'a length that cannot be read',
      request('OPTIONS').replace('Length: 0', 'Length: -3'),
      'lost: Malformed Content-Length',
    ],
    [
      'a length over the maximum',
      request('OPTIONS').replace('Length: 0', 'Length: 65536'),
      'lost: Content-Length out of range',
    ],
    ['a head without end', `OPTIONS sip:a SIP/2.0\r\nX: ${'y'.repeat(70_000)}`, 'lost: Message too large'],
  ])('gives up after %s', (_, bytes, expected) => {
    const parser = new StreamParser();
    expect(told(parser.push(Buffer.from(bytes)))).toEqual([expected]);
    expect(parser.push(stream)).toEqual([]);
  });

  it('holds no more than a message however large the chunk', () => {
    const many = Buffer.from(request('OPTIONS').repeat(5_000));
    expect(new StreamParser().push(many)).toHaveLength(5_000);
  });
});
