import { describe, expect, it } from 'vitest';
import { answerOffer, makeOffer, readAnswer, type LocalMedia } from '#voice/sdp/offer-answer.js';
import { parseSessionDescription, writeSessionDescription } from '#voice/sdp/session-description.js';

const local: LocalMedia = { address: '198.51.100.1', port: 5004, sessionId: '7', version: 1 };

const theirs = (...media: string[]) =>
  parseSessionDescription(
    ['v=0', 'o=- 1 1 IN IP4 192.0.2.4', 's=-', 'c=IN IP4 192.0.2.4', 't=3 4', ...media].join('\n'),
  );

const answered = (...media: string[]) => {
  const made = answerOffer(theirs(...media), local);
  if (!made.ok) throw new Error(made.reason);
  return { session: made.session, text: writeSessionDescription(made.answer).toString().split('\r\n') };
};

const refusal = (...media: string[]) => {
  const made = answerOffer(theirs(...media), local);
  return made.ok ? undefined : made.reason;
};

describe('offer', () => {
  it('offers both forms of G.711 and telephone events', () => {
    expect(writeSessionDescription(makeOffer(local)).toString()).toBe(
      [
        'v=0',
        'o=- 7 1 IN IP4 198.51.100.1',
        's=-',
        'c=IN IP4 198.51.100.1',
        't=0 0',
        'm=audio 5004 RTP/AVP 0 8 101 13',
        'a=rtpmap:0 PCMU/8000',
        'a=rtpmap:8 PCMA/8000',
        'a=rtpmap:101 telephone-event/8000',
        'a=rtpmap:13 CN/8000',
        'a=fmtp:101 0-15',
        'a=ptime:20',
        'a=sendrecv',
        '',
      ].join('\r\n'),
    );
  });
});

describe('answering an offer', () => {
  it("takes the offerer's first codec of ours, and its number for telephone events", () => {
    const { session, text } = answered(
      'm=audio 4000 RTP/AVP 96 8 0 97',
      'a=rtpmap:96 opus/48000/2',
      'a=rtpmap:97 telephone-event/8000',
    );
    expect(session).toEqual({
      remoteAddress: '192.0.2.4',
      remotePort: 4000,
      codec: 'PCMA',
      payloadType: 8,
      dtmfPayloadType: 97,
      direction: 'sendrecv',
    });
    expect(text).toContain('m=audio 5004 RTP/AVP 8 97');
    expect(text).toContain('a=fmtp:97 0-15');
    expect(text).toContain('t=3 4');
  });

  it('finds G.711 under a dynamic payload type, and goes without telephone events', () => {
    const { session } = answered('m=audio 4000 RTP/AVP 98', 'a=rtpmap:98 pcmu/8000/1');
    expect(session).toMatchObject({ codec: 'PCMU', payloadType: 98 });
    expect(session).not.toHaveProperty('dtmfPayloadType');
  });

  it('ignores telephone events at another clock rate', () => {
    const { session } = answered('m=audio 4000 RTP/AVP 0 101', 'a=rtpmap:101 telephone-event/48000');
    expect(session).not.toHaveProperty('dtmfPayloadType');
  });

  it('refuses every other stream with port 0, in order', () => {
    const { session, text } = answered(
      'm=video 5000 RTP/AVP 31',
      'm=audio 4000 RTP/SAVP 0',
      'm=audio 4002 RTP/AVP 0',
      'm=audio 4004 RTP/AVP 0',
    );
    expect(session.remotePort).toBe(4002);
    expect(text.filter((line) => line.startsWith('m='))).toEqual([
      'm=video 0 RTP/AVP 31',
      'm=audio 0 RTP/SAVP 0',
      'm=audio 5004 RTP/AVP 0',
      'm=audio 0 RTP/AVP 0',
    ]);
  });

  it.each([
    ['sendonly', 'recvonly'],
    ['recvonly', 'sendonly'],
    ['inactive', 'inactive'],
    ['sendrecv', 'sendrecv'],
  ])('mirrors %s as %s', (offered, ours) => {
    const { session, text } = answered('m=audio 4000 RTP/AVP 0', `a=${offered}`);
    expect(session.direction).toBe(ours);
    expect(text).toContain(`a=${ours}`);
  });

  it('takes c=0.0.0.0 as hold', () => {
    const { session } = answered('m=audio 4000 RTP/AVP 0', 'c=IN IP4 0.0.0.0');
    expect(session).toMatchObject({ direction: 'recvonly', remoteAddress: '0.0.0.0' });
    expect(answered('m=audio 4000 RTP/AVP 0', 'c=IN IP4 0.0.0.0', 'a=recvonly').session.direction).toBe('inactive');
  });

  it("prefers the stream's own address and direction to the session's", () => {
    const made = answerOffer(
      parseSessionDescription(
        'v=0\no=- 1 1 IN IP4 1.2.3.4\nc=IN IP4 192.0.2.4\na=inactive\nm=audio 4000 RTP/AVP 0\nc=IN IP6 2001:db8::5\na=sendrecv',
      ),
      local,
    );
    expect(made).toMatchObject({ ok: true, session: { remoteAddress: '2001:db8::5', direction: 'sendrecv' } });
  });

  it.each([
    [['m=audio 4000 RTP/AVP 18'], 'no codec in common: offered 18, we have PCMU and PCMA'],
    [['m=audio 4000 RTP/AVP 8', 'a=rtpmap:8 PCMA/16000'], 'no codec in common: offered 8, we have PCMU and PCMA'],
    [['m=audio 0 RTP/AVP 0'], 'the audio stream is refused (port 0)'],
    [['m=video 4000 RTP/AVP 31'], 'a stream of video, not audio'],
    [['m=audio 4000 RTP/SAVP 0'], 'audio over RTP/SAVP, not RTP/AVP'],
    [['m=audio 4000 RTP/AVP 0', 'c=IN IP4 phone.example'], 'c= names a host (phone.example), not an address'],
    [['m=audio 4000 RTP/AVP 0', 'c=IN IP4 224.2.1.1/127'], 'c= is not the address of one host (224.2.1.1)'],
    [['m=audio 4000 RTP/AVP 0', 'c=IN IP6 ff15::101'], 'c= is not the address of one host (ff15::101)'],
    [[], 'the offer has no media'],
  ])('refuses %j', (media, reason) => {
    expect(refusal(...media)).toBe(reason);
  });

  it('says when there is no address at all', () => {
    const made = answerOffer(parseSessionDescription('v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio 4000 RTP/AVP 0'), local);
    expect(made).toEqual({ ok: false, reason: 'no c= line: nowhere to send audio to' });
  });
});

describe('reading an answer', () => {
  it('takes the first codec of the answer', () => {
    expect(readAnswer(theirs('m=audio 4000 RTP/AVP 8 0 101', 'a=rtpmap:101 telephone-event/8000'))).toEqual({
      ok: true,
      holds: false,
      audio: 0,
      streams: [expect.objectContaining({ type: 'audio' })],
      session: {
        remoteAddress: '192.0.2.4',
        remotePort: 4000,
        codec: 'PCMA',
        payloadType: 8,
        dtmfPayloadType: 101,
        direction: 'sendrecv',
      },
    });
  });

  it('sends keys under the number of the answer, and hears them under that of the offer', () => {
    expect(readAnswer(theirs('m=audio 4000 RTP/AVP 0 96', 'a=rtpmap:96 telephone-event/8000'))).toMatchObject({
      session: { dtmfPayloadType: 96, dtmfReceivePayloadType: 101 },
    });
  });

  it('may have comfort noise, with and without a map', () => {
    expect(readAnswer(theirs('m=audio 4000 RTP/AVP 0 13'))).toMatchObject({ session: { comfortNoise: true } });
    expect(readAnswer(theirs('m=audio 4000 RTP/AVP 0 13', 'a=rtpmap:13 CN/8000'))).toMatchObject({
      session: { comfortNoise: true },
    });
    expect(answered('m=audio 4000 RTP/AVP 0 13').text).toContain('m=audio 5004 RTP/AVP 0 13');
  });

  it('never widens the direction that was offered', () => {
    expect(readAnswer(theirs('m=audio 4000 RTP/AVP 0', 'a=sendrecv'), 'sendonly')).toMatchObject({
      session: { direction: 'sendonly' },
    });
    expect(readAnswer(theirs('m=audio 4000 RTP/AVP 0', 'a=sendonly'), 'sendonly')).toMatchObject({
      session: { direction: 'inactive' },
    });
  });

  it('refuses an answer with no stream', () => {
    expect(readAnswer(theirs())).toEqual({ ok: false, reason: 'the answer has no media' });
    expect(readAnswer(theirs('m=audio 0 RTP/AVP 0'))).toMatchObject({ ok: false });
  });
});

describe('hold', () => {
  it.each([
    ['a=sendonly', true, 'recvonly'],
    ['a=inactive', true, 'inactive'],
    ['a=recvonly', false, 'sendonly'],
    ['a=sendrecv', false, 'sendrecv'],
    ['c=IN IP4 0.0.0.0', true, 'recvonly'],
  ])('is told by %s: %s, and answered with %s', (line, holds, direction) => {
    const made = answerOffer(theirs('m=audio 4000 RTP/AVP 0', line), local);
    expect(made).toMatchObject({ ok: true, holds, session: { direction } });
  });

  it('of both sides leaves nothing', () => {
    const offer = theirs('m=audio 4000 RTP/AVP 0', 'a=sendonly');
    expect(answerOffer(offer, local, 'sendonly')).toMatchObject({ session: { direction: 'inactive' } });
    expect(answerOffer(theirs('m=audio 4000 RTP/AVP 0'), local, 'sendonly')).toMatchObject({
      session: { direction: 'sendonly' },
    });
  });
});
