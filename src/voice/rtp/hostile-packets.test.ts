/** Whatever arrives on a port that anybody can send to: nothing of it may throw or be taken for something. */
import { expect, it } from 'vitest';
import { mediaRig, PEER_PORT, rtpPacket, seededRandom, SESSION } from '#voice/media/media-rig.test.support.js';
import { buildRtcp, parseRtcp } from '#voice/rtp/rtcp-packet.js';
import { parseRtp } from '#voice/rtp/rtp-packet.js';

const ROUNDS = 5_000;

/** The packet with a few octets changed, and sometimes its end cut off. */
function mutate(packet: Uint8Array, random: () => number): Uint8Array {
  const mutated = Uint8Array.from(packet);
  for (let i = 0; i <= random() * 6; i++) mutated[Math.floor(random() * mutated.length)] = Math.floor(random() * 256);
  return random() < 0.3 ? mutated.subarray(0, Math.floor(random() * mutated.length)) : mutated;
}

it('parses mutated RTP and RTCP without harm', () => {
  const random = seededRandom(1);
  const rtcp = buildRtcp({
    ssrc: 1,
    cname: 'fuzz',
    sender: { atMs: 1, rtpTimestamp: 2, packets: 3, octets: 4 },
    bye: true,
  });
  for (let i = 0; i < ROUNDS; i++) {
    const packet = mutate(rtpPacket({ payload: new Uint8Array(20) }), random);
    expect((parseRtp(packet)?.payload.length ?? 0) + 12).toBeLessThanOrEqual(Math.max(12, packet.length));
    const reports = parseRtcp(mutate(rtcp, random));
    expect(reports?.length ?? 0).toBeLessThan(10);
  }
});

it('serves a leg under a rain of mutated packets, and hears no end of keys', async () => {
  const random = seededRandom(2);
  const rig = mediaRig();
  const peer = rig.network.peer(PEER_PORT);
  const port = await rig.open('leg');
  rig.engine.send({ kind: 'connect', leg: 'leg', session: SESSION });
  rig.engine.send({ kind: 'record', leg: 'leg', job: 'r', side: 'mixed', maxMs: 10_000 });
  for (let i = 0; i < ROUNDS; i++) {
    const isKey = i % 2 === 0;
    const payload = isKey ? Uint8Array.of(random() * 18, random() * 256, random() * 256, 0) : new Uint8Array(160);
    const timestamp = Math.floor(random() * 2 ** 32);
    const packet = rtpPacket({ payloadType: isKey ? 101 : 0, sequence: i & 0xffff, timestamp, payload });
    peer.socket.send(mutate(packet, random), port, '127.0.0.1');
    peer.socket.send(mutate(packet, random), port + 1, '127.0.0.1');
    if (i % 10 === 0) rig.clock.advance(20);
  }
  expect(rig.of('job.done')).toMatchObject([{ job: 'r', outcome: 'completed', durationMs: 10_000 }]);
  expect(peer.rtp().length).toBeGreaterThanOrEqual(ROUNDS / 10 - 1);
  expect(rig.of('dtmf').length).toBeLessThanOrEqual(20 * 11);
});
