import { expect, it } from 'vitest';
import { encodeG711 } from '#voice/codecs/g711.js';
import { generateTones } from '#voice/codecs/tones.js';
import { joined, quiet, utterance } from '#voice/detection/utterance.fixture.js';
import { mediaRig, PEER_PORT, rtpPacket, SESSION, type MediaRig } from '#voice/media/media-rig.test.support.js';

const LEG = 'leg-1';

interface CalledRig extends MediaRig {
  /** The far end says this, a packet every 20 ms, and goes on sending silence for `afterMs`. */
  says: (pcm: Int16Array, afterMs?: number) => void;
  /** What it hears, since the beginning, one mean of absolute values for each 20 ms. */
  hears: () => number[];
  /** Packets that it has sent. */
  sent: () => number;
}

async function called(): Promise<CalledRig> {
  const rig = mediaRig();
  const peer = rig.network.peer(PEER_PORT);
  const port = await rig.open(LEG);
  rig.engine.send({ kind: 'connect', leg: LEG, session: SESSION });
  let sequence = 0;
  const says: CalledRig['says'] = (pcm, afterMs = 0) => {
    const octets = encodeG711(joined(pcm, quiet(afterMs)), 'PCMU');
    for (let at = 0; at + 160 <= octets.length; at += 160) {
      const payload = octets.subarray(at, at + 160);
      peer.socket.send(rtpPacket({ sequence, timestamp: sequence * 160, payload }), port, '127.0.0.1');
      sequence++;
      rig.clock.advance(20);
    }
  };
  const hears = (): number[] =>
    peer.rtp().map(({ payload }) => payload.reduce((sum, octet) => sum + (octet === 0xff ? 0 : 1), 0));
  return { ...rig, says, hears, sent: () => sequence };
}

it('says who answered, and goes on listening until it is stopped', async () => {
  const rig = await called();
  rig.engine.send({ kind: 'detectMachine', leg: LEG, job: 'who' });
  rig.says(joined(quiet(400), utterance(700)), 2_000);
  expect(rig.of('machine')).toMatchObject([{ leg: LEG, job: 'who', verdict: 'human', revised: false }]);
  expect(rig.of('job.done')).toEqual([]);
  rig.engine.send({ kind: 'stop', leg: LEG, job: 'who' });
  expect(rig.of('job.done')).toMatchObject([{ job: 'who', outcome: 'stopped' }]);
  rig.says(utterance(4_000));
  expect(rig.of('machine')).toHaveLength(1);
});

it('a message that is played when the beep is told reaches the mailbox within 100 ms of the end of its tone', async () => {
  const rig = await called();
  rig.engine.on((event) => {
    if (event.kind !== 'machine.beep') return;
    rig.engine.send({ kind: 'play', leg: LEG, job: 'message', clips: [{ pcm: utterance(1_000) }] });
  });
  rig.engine.send({ kind: 'detectMachine', leg: LEG, job: 'who' });
  rig.says(joined(quiet(500), utterance(3_000), quiet(700), generateTones([{ hz: 1_000, dBm0: -12 }], 300)));
  const beepEnd = rig.sent();
  rig.says(quiet(1_000));
  expect(rig.of('machine')).toMatchObject([{ verdict: 'machine', revised: false }]);
  expect(rig.of('machine.beep')).toMatchObject([{ leg: LEG, job: 'who', frequencyHz: 1_000 }]);
  expect(Math.abs(rig.of('machine.beep')[0]!.durationMs - 300)).toBeLessThanOrEqual(40);
  const messageStart = rig.hears().findIndex((loud) => loud > 20);
  expect(messageStart).toBeGreaterThanOrEqual(beepEnd);
  expect((messageStart - beepEnd) * 20).toBeLessThanOrEqual(100);
});

it('tells when a greeting has ended without a beep', async () => {
  const rig = await called();
  rig.engine.send({ kind: 'detectMachine', leg: LEG, job: 'who', options: { greetingEndMs: 1_500 } });
  rig.says(utterance(3_000), 3_000);
  expect(rig.of('machine.silence')).toEqual([{ kind: 'machine.silence', leg: LEG, job: 'who', silenceMs: 1_500 }]);
});

it('ends after its time', async () => {
  const rig = await called();
  rig.engine.send({ kind: 'detectMachine', leg: LEG, job: 'who', options: { maxMs: 1_000 } });
  rig.says(quiet(1_500));
  expect(rig.of('job.done')).toEqual([
    { kind: 'job.done', leg: LEG, job: 'who', outcome: 'completed', durationMs: 1_000 },
  ]);
});

it('ends with the leg', async () => {
  const rig = await called();
  rig.engine.send({ kind: 'detectMachine', leg: LEG, job: 'who' });
  rig.says(quiet(500));
  rig.engine.send({ kind: 'close', leg: LEG });
  expect(rig.of('job.done')).toMatchObject([{ job: 'who', outcome: 'ended' }]);
});

it('one job listens at a time', async () => {
  const rig = await called();
  rig.engine.send({ kind: 'detectMachine', leg: LEG, job: 'first' });
  rig.engine.send({ kind: 'detectMachine', leg: LEG, job: 'second' });
  expect(rig.of('job.done')).toMatchObject([{ job: 'second', outcome: 'failed', durationMs: 0 }]);
  rig.says(joined(utterance(700)), 2_000);
  expect(rig.of('machine')).toMatchObject([{ job: 'first', verdict: 'human' }]);
});

it('time that the worker missed counts, and does not end a tone', async () => {
  const rig = await called();
  rig.engine.send({ kind: 'detectMachine', leg: LEG, job: 'who', options: { maxMs: 2_000 } });
  rig.says(quiet(1_000));
  rig.clock.stall(500);
  rig.says(quiet(700));
  expect(rig.of('job.done')).toMatchObject([{ job: 'who', outcome: 'completed' }]);
});
