import assert from 'node:assert/strict';
import { mutatePacket } from '#voice/fuzz/mutate.fixture.js';
import { below, type Random } from '#voice/fuzz/random.fixture.js';
import { mediaRig, PEER_PORT, rtpPacket, SESSION } from '#voice/media/media-rig.test.support.js';
import { buildRtcp, parseRtcp } from '#voice/rtp/rtcp-packet.js';
import { parseRtp } from '#voice/rtp/rtp-packet.js';

const RTCP = buildRtcp({
  ssrc: 1,
  cname: 'fuzz',
  sender: { atMs: 1, rtpTimestamp: 2, packets: 3, octets: 4 },
  report: {
    ssrc: 9,
    fractionLost: 1,
    cumulativeLost: 2,
    highestSequence: 3,
    jitter: 4,
    lastSenderReport: 5,
    delaySinceLastReport: 6,
  },
  bye: true,
});
const RAIN_PACKETS = 400;
const TICK_MS = 20;
const OTHER_PORT = 30_002;
/** A press that ends lasts at least 40 ms of packets and is told of once; what the rain can press is bounded by time. */
const MOST_KEYS_PER_SECOND = 25;

/** Reads or refuses a damaged packet of sound, and never a byte beyond its end. */
export function rtp(random: Random): void {
  const packet = mutatePacket(random, rtpPacket({ payload: new Uint8Array(20) }));
  const payload = parseRtp(packet)?.payload.length ?? 0;
  assert(payload === 0 || payload + 12 <= packet.length);
}

export function rtcp(random: Random): void {
  assert((parseRtcp(mutatePacket(random, RTCP))?.length ?? 0) < 10);
}

/**
 * A leg that records, takes keys, listens for machines and is bridged to one that takes its keys as tones goes on under a
 * rain of damaged sound, keys and reports.
 */
export async function mediaRain(random: Random): Promise<void> {
  const rig = mediaRig();
  const peer = rig.network.peer(PEER_PORT);
  const port = await rig.open('leg');
  rig.engine.send({ kind: 'connect', leg: 'leg', session: SESSION });
  const otherPeer = rig.network.peer(OTHER_PORT);
  const otherPort = await rig.open('other');
  const { dtmfPayloadType, ...withoutEvents } = SESSION;
  assert(dtmfPayloadType !== undefined);
  rig.engine.send({ kind: 'connect', leg: 'other', session: { ...withoutEvents, remotePort: OTHER_PORT } });
  rig.engine.send({ kind: 'bridge', leg: 'leg', with: 'other' });
  rig.engine.send({ kind: 'detectMachine', leg: 'leg', job: 'm' });
  const recordedMs = RAIN_PACKETS * TICK_MS;
  rig.engine.send({ kind: 'record', leg: 'leg', job: 'r', side: 'mixed', maxMs: recordedMs });
  for (let sequence = 0; sequence <= RAIN_PACKETS; sequence += 1) {
    const isKey = random() < 0.5;
    const event = Uint8Array.of(below(random, 18), below(random, 256), below(random, 256), 0);
    const payload = isKey ? event : Uint8Array.from({ length: 160 }, () => below(random, 256));
    const timestamp = below(random, 2 ** 32);
    const packet = rtpPacket({ payloadType: isKey ? 101 : 0, sequence, timestamp, payload });
    peer.socket.send(mutatePacket(random, packet), port, rig.network.host);
    peer.socket.send(mutatePacket(random, packet), port, rig.network.host);
    peer.socket.send(mutatePacket(random, random() < 0.5 ? RTCP : packet), port + 1, rig.network.host);
    otherPeer.socket.send(mutatePacket(random, packet), otherPort, rig.network.host);
    rig.clock.advance(TICK_MS);
  }
  const done = rig.of('job.done').filter(({ job }) => job === 'r');
  assert.deepEqual(
    done.map(({ job, outcome, durationMs }) => ({ job, outcome, durationMs })),
    [{ job: 'r', outcome: 'completed', durationMs: recordedMs }],
  );
  assert(peer.rtp().length >= RAIN_PACKETS - 1);
  assert(rig.of('dtmf').length <= (MOST_KEYS_PER_SECOND * recordedMs) / 1_000);
  await rig.engine.close();
  assert.deepEqual(rig.network.openPorts, [PEER_PORT, OTHER_PORT]);
}
