import { describe, expect, it } from 'vitest';
import { DTMF_END_TIMEOUT_MS, DtmfReceiver, MAX_PRESSES_PER_SECOND } from '#voice/rtp/dtmf-receiver.js';
import { DtmfSender, type DtmfPacket } from '#voice/rtp/dtmf-sender.js';
import { DTMF_DIGITS, parseTelephoneEvent, writeTelephoneEvent } from '#voice/rtp/telephone-event.js';

function packetsOf(digit: string, durationMs: number, timestamp = 1_000): DtmfPacket[] {
  const sender = new DtmfSender(digit, timestamp, durationMs);
  const packets = [];
  while (!sender.done) packets.push(sender.next());
  return packets;
}

/** A receiver, and what it reports: `+5` for a press, `5 100` for its end. */
function receiver(): { log: string[]; dtmf: DtmfReceiver; give: (packets: DtmfPacket[], nowMs?: number) => void } {
  const log: string[] = [];
  const dtmf = new DtmfReceiver({
    pressed: (digit) => log.push(`+${digit}`),
    released: ({ digit, durationMs }) => log.push(`${digit} ${durationMs}`),
  });
  const give = (packets: DtmfPacket[], nowMs = 0): void => {
    for (const packet of packets) {
      const payload = new Uint8Array(4);
      writeTelephoneEvent(payload, 0, packet);
      dtmf.received(packet.timestamp, payload, nowMs);
    }
  };
  return { log, dtmf, give };
}

describe('the payload', () => {
  it('carries every key, volume, end and duration', () => {
    for (const [code, digit] of [...DTMF_DIGITS].entries()) {
      const payload = new Uint8Array(4);
      writeTelephoneEvent(payload, 0, { digit, end: code % 2 === 0, volume: 63 - code, duration: 0xff00 + code });
      expect(payload[0]).toBe(code);
      expect(parseTelephoneEvent(payload)).toEqual({
        digit,
        end: code % 2 === 0,
        volume: 63 - code,
        duration: 0xff00 + code,
      });
    }
  });

  it('is no key where the event is another one or the payload is short', () => {
    expect(parseTelephoneEvent(Uint8Array.of(16, 0, 0, 160))).toBeUndefined();
    expect(parseTelephoneEvent(Uint8Array.of(1, 0, 0))).toBeUndefined();
    expect(() =>
      writeTelephoneEvent(new Uint8Array(4), 0, { digit: '12', end: false, volume: 0, duration: 0 }),
    ).toThrow(RangeError);
  });
});

describe('DtmfSender', () => {
  it('sends growing durations under one timestamp, a marker first and the end three times', () => {
    const packets = packetsOf('5', 100);
    expect(packets.map(({ duration }) => duration)).toEqual([160, 320, 480, 640, 800, 800, 800]);
    expect(packets.map(({ end }) => end)).toEqual([false, false, false, false, true, true, true]);
    expect(packets.map(({ marker }) => marker)).toEqual([true, false, false, false, false, false, false]);
    expect(new Set(packets.map(({ timestamp }) => timestamp))).toEqual(new Set([1_000]));
  });

  it('marks the only update of the shortest press', () => {
    expect(packetsOf('1', 5).map(({ marker, end, duration }) => [marker, end, duration])).toEqual([
      [true, true, 160],
      [false, true, 160],
      [false, true, 160],
    ]);
  });

  it('cuts a long press into segments', () => {
    const packets = packetsOf('#', 20_000, 0xffff_0000);
    const segments = [...new Set(packets.map(({ timestamp }) => timestamp))];
    expect(segments).toEqual([0xffff_0000, 0xffff_ffff, 0x0000_fffe]);
    for (const segment of segments.slice(0, 2)) {
      const last = packets.filter(({ timestamp }) => timestamp === segment).at(-1);
      expect(last).toMatchObject({ duration: 0xffff, end: false });
    }
    expect(packets.filter(({ marker }) => marker)).toHaveLength(1);
    expect(packets.at(-1)).toMatchObject({ end: true, duration: 160_000 - 2 * 0xffff });
  });

  it('lets go early when told', () => {
    const sender = new DtmfSender('7', 0, 1_000);
    sender.next();
    sender.next();
    sender.release();
    expect([sender.next(), sender.next(), sender.next()].map(({ end, duration }) => [end, duration])).toEqual([
      [true, 320],
      [true, 320],
      [true, 320],
    ]);
    expect(sender.done).toBe(true);
  });
});

describe('DtmfReceiver', () => {
  it('reports one press for all its packets', () => {
    const { log, give } = receiver();
    give(packetsOf('5', 100));
    expect(log).toEqual(['+5', '5 100']);
  });

  it('reports the same key pressed twice, twice', () => {
    const { log, give } = receiver();
    give([...packetsOf('5', 100, 0), ...packetsOf('5', 60, 3_000)]);
    expect(log).toEqual(['+5', '5 100', '+5', '5 60']);
  });

  it.each([4, 5, 6])('works when of all packets only number %d, an end, arrives', (only) => {
    const { log, give } = receiver();
    give([packetsOf('9', 100)[only]!]);
    expect(log).toEqual(['+9', '9 100']);
  });

  it('works in any order', () => {
    const { log, give } = receiver();
    const packets = packetsOf('3', 100);
    give([packets[1]!, packets[0]!, packets[3]!, packets[5]!, packets[2]!, packets[4]!, packets[6]!]);
    expect(log).toEqual(['+3', '3 100']);
  });

  it('gives a key up when its end does not come', () => {
    const { log, dtmf, give } = receiver();
    give(packetsOf('8', 100).slice(0, 4), 1_000);
    dtmf.checkTimeouts(1_000 + DTMF_END_TIMEOUT_MS - 1);
    expect(log).toEqual(['+8']);
    dtmf.checkTimeouts(1_000 + DTMF_END_TIMEOUT_MS);
    expect(log).toEqual(['+8', '8 80']);
    give(packetsOf('8', 100).slice(4), 2_000);
    expect(log).toHaveLength(2);
  });

  it('ends a key whose end was lost when the next one is pressed', () => {
    const { log, give } = receiver();
    give([...packetsOf('1', 100, 0).slice(0, 3), ...packetsOf('2', 100, 2_000)]);
    expect(log).toEqual(['+1', '1 60', '+2', '2 100']);
  });

  it('reports a press that was overtaken by the next one', () => {
    const { log, give } = receiver();
    const second = packetsOf('2', 100, 2_000);
    give([second[0]!, ...packetsOf('1', 100, 0), ...second]);
    expect(log).toEqual(['+2', '+1', '1 100', '2 100']);
  });

  it('joins the segments of a long press, also where parts are lost', () => {
    const whole = receiver();
    whole.give(packetsOf('#', 20_000));
    expect(whole.log).toEqual(['+#', '# 20000']);
    const lossy = receiver();
    lossy.give(packetsOf('#', 20_000).filter((_, i) => i % 3 === 0));
    expect(lossy.log).toEqual(['+#', '# 20000']);
  });

  it('reports what is down when the stream ends', () => {
    const { log, dtmf, give } = receiver();
    give(packetsOf('4', 100).slice(0, 2));
    dtmf.flush();
    dtmf.flush();
    expect(log).toEqual(['+4', '4 40']);
  });

  it('ignores a flood, and hears again a second later', () => {
    const { log, give } = receiver();
    for (let i = 0; i < 100; i++) give(packetsOf('0', 40, i * 1_000), 0);
    expect(log.filter((line) => line.startsWith('+'))).toHaveLength(MAX_PRESSES_PER_SECOND);
    give(packetsOf('7', 100, 500_000), 1_000);
    expect(log.at(-1)).toBe('7 100');
  });
});
