import { describe, expect, it } from 'vitest';
import {
  MAX_SDP_BYTES,
  parseSessionDescription,
  SdpError,
  writeSessionDescription,
} from '#voice/sdp/session-description.js';

const lines = (...text: string[]): string => text.join('\r\n') + '\r\n';

describe('session description', () => {
  it('reads what a phone sends', () => {
    const read = parseSessionDescription(
      lines(
        'v=0',
        'o=alice 2890844526 2890844527 IN IP4 host.example.com',
        's=-',
        'i=ignored',
        'c=IN IP4 192.0.2.4',
        'b=AS:84',
        't=0 0',
        'a=sendonly',
        'm=audio 49170 RTP/AVP 0 8 101',
        'c=IN IP6 2001:db8::1',
        'a=rtpmap:101 telephone-event/8000',
        'm=video 0 RTP/AVP 31',
      ),
    );
    expect(read).toEqual({
      origin: { username: 'alice', sessionId: '2890844526', version: '2890844527', address: 'host.example.com' },
      name: '-',
      connection: '192.0.2.4',
      timing: '0 0',
      attributes: [{ name: 'sendonly' }],
      media: [
        {
          type: 'audio',
          port: 49170,
          protocol: 'RTP/AVP',
          formats: ['0', '8', '101'],
          connection: '2001:db8::1',
          attributes: [{ name: 'rtpmap', value: '101 telephone-event/8000' }],
        },
        { type: 'video', port: 0, protocol: 'RTP/AVP', formats: ['31'], attributes: [] },
      ],
    });
  });

  it('reads bare line feeds and blank lines at the end', () => {
    const read = parseSessionDescription('v=0\no=- 1 1 IN IP4 127.0.0.1\ns= \nt=0 0\nm=audio 4000/2 RTP/AVP 0\n\n\n');
    expect(read.name).toBe('-');
    expect(read.media[0]?.port).toBe(4000);
  });

  it('writes what it reads back', () => {
    const text = lines(
      'v=0',
      'o=- 1 2 IN IP6 ::1',
      's=-',
      'c=IN IP6 ::1',
      't=0 0',
      'm=audio 4000 RTP/AVP 0',
      'c=IN IP4 127.0.0.1',
      'a=ptime:20',
      'a=sendrecv',
    );
    expect(writeSessionDescription(parseSessionDescription(text)).toString()).toBe(text);
  });

  it.each([
    ['', 'empty session description'],
    ['hello', 'not a line of a session description: hello'],
    ['o=- 1 1 IN IP4 127.0.0.1', 'session description does not start with v=0'],
    ['v=1', 'unknown version of session description: v=1'],
    ['v=0\ns=-', 'session description without o='],
    ['v=0\no=- 1 x IN IP4 127.0.0.1', 'broken o= line: - 1 x IN IP4 127.0.0.1'],
    ['v=0\no=- 1 1 IN IP4 127.0.0.1\nc=IN IP5 1', 'broken c= line: IN IP5 1'],
    ['v=0\no=- 1 1 IN IP4 127.0.0.1\nm=audio RTP/AVP 0', 'broken m= line: audio RTP/AVP 0'],
    ['v=0\no=- 1 1 IN IP4 127.0.0.1\nm=audio 65536 RTP/AVP 0', 'no such port: m=audio 65536 RTP/AVP 0'],
    ['v=0\no=- 1 1 IN IP4 127.0.0.1\n' + 'm=audio 1 RTP/AVP 0\n'.repeat(17), 'more than 16 media'],
    ['v=0\n' + 'a=x\n'.repeat(600), 'session description over 512 lines'],
    ['v=0\n' + 'a'.repeat(MAX_SDP_BYTES), 'session description over 16384 bytes'],
  ])('refuses %j', (text, message) => {
    expect(() => parseSessionDescription(text)).toThrow(new SdpError(message));
  });
});
