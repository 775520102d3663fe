/** Two media engines on one network, as two workers are: legs on different ones are brought together. */
import { describe, expect, it } from 'vitest';
import { decodeG711, encodeG711 } from '#voice/codecs/g711.js';
import { generateTones, toneLevel } from '#voice/codecs/tones.js';
import type { MediaEvent } from '#voice/media/media-port.js';
import {
  mediaRig,
  PEER_PORT,
  rtpPacket,
  SESSION,
  settled,
  type MediaRig,
} from '#voice/media/media-rig.test.support.js';
import { WorkerRooms, type RoomCommand } from '#voice/media/worker-rooms.js';

interface Far {
  leg: string;
  heard: (lastMs: number) => Int16Array;
}

function twoWorkers() {
  const first = mediaRig();
  const rigs = [first, mediaRig({}, first)] as const;
  const seats = new Map<string, MediaRig>();
  const alive = new Set<MediaRig>(rigs);
  const told: MediaEvent[] = [];
  const rooms = new WorkerRooms<MediaRig>({
    address: '127.0.0.1',
    seatOf: (leg) => seats.get(leg),
    open: (leg, seat) => {
      seats.set(leg, seat);
      seat.engine.send({ kind: 'open', leg });
    },
    post: (seat, command) => alive.has(seat) && seat.engine.send(command),
  });
  const leave = (leg: string): void => {
    seats.delete(leg);
    rooms.left(leg, true);
  };
  for (const rig of rigs) {
    rig.engine.on((event) => {
      if (event.kind === 'closed') leave(event.leg);
      if (!rooms.hears(event) && 'leg' in event) told.push(event);
    });
  }
  const talk = async (ms: number, ...tones: [Far, number][]): Promise<void> => {
    const sounds = tones.map(([far, hz]) => ({ far, pcm: generateTones([{ hz, dBm0: -10 }], ms) }));
    for (let at = 0; at < ms * 8; at += 160) {
      for (const { far, pcm } of sounds) sayFrame(far, pcm.subarray(at, at + 160));
      first.clock.advance(20);
      await settled();
    }
  };
  const sayFrame = (far: Far, pcm: Int16Array): void => frames.get(far)!(pcm);
  const frames = new Map<Far, (pcm: Int16Array) => void>();
  const far = async (i: number, worker: 0 | 1): Promise<Far> => {
    const leg = `leg-${i}`;
    const peer = first.network.peer(PEER_PORT + 2 * i);
    seats.set(leg, rigs[worker]);
    const port = await rigs[worker].open(leg);
    const session = { ...SESSION, remotePort: PEER_PORT + 2 * i };
    rooms.connected(leg, session);
    rigs[worker].engine.send({ kind: 'connect', leg, session });
    let sequence = 0;
    const made: Far = {
      leg,
      heard: (lastMs) =>
        Int16Array.from(
          peer
            .rtp()
            .slice(-lastMs / 20)
            .flatMap(({ payload }) => [...decodeG711(payload, 'PCMU')]),
        ),
    };
    frames.set(made, (pcm) => {
      const fields = { sequence, timestamp: sequence * 160, payload: encodeG711(pcm, 'PCMU'), ssrc: i + 1 };
      peer.socket.send(rtpPacket(fields), port, '127.0.0.1');
      sequence++;
    });
    return made;
  };
  const send = async (...commands: RoomCommand[]): Promise<void> => {
    for (const command of commands) rooms.obey(command);
    await settled();
  };
  const die = async (worker: 0 | 1): Promise<void> => {
    alive.delete(rigs[worker]);
    const legs = [...seats].filter(([, seat]) => seat === rigs[worker]).map(([leg]) => leg);
    for (const leg of legs) {
      leave(leg);
      rooms.hears({ kind: 'closed', leg, stats: { packetsSent: 0, packetsReceived: 0, packetsLost: 0, jitterMs: 0 } });
    }
    rooms.moveFrom(rigs[worker]);
    await settled();
  };
  const openLegs = (): number => seats.size;
  return { rooms, far, send, talk, told, die, openLegs };
}

const HEARD = -10;

describe('legs on different workers', () => {
  it('hear each other in a bridge, and their link goes with it', async () => {
    const world = twoWorkers();
    const [a, b] = [await world.far(0, 0), await world.far(1, 1)];
    await world.send({ kind: 'bridge', leg: a.leg, with: b.leg });
    await world.talk(800, [a, 1_000], [b, 1_500]);
    expect(toneLevel(b.heard(200), 1_000)).toBeCloseTo(HEARD, 0);
    expect(toneLevel(a.heard(200), 1_500)).toBeCloseTo(HEARD, 0);
    expect(world.rooms.hiddenLegs).toBe(2);
    await world.send({ kind: 'leave', leg: b.leg });
    await world.talk(400, [a, 1_000], [b, 1_500]);
    expect(toneLevel(b.heard(200), 1_000)).toBeLessThan(-50);
    expect(toneLevel(a.heard(200), 1_500)).toBeLessThan(-50);
    expect(world.rooms.hiddenLegs).toBe(0);
    expect(world.openLegs()).toBe(2);
    expect(world.told.filter(({ kind }) => kind !== 'opened')).toEqual([]);
  });

  it('on one worker need no link', async () => {
    const world = twoWorkers();
    const [a, b] = [await world.far(0, 0), await world.far(1, 0)];
    await world.send({ kind: 'bridge', leg: a.leg, with: b.leg });
    await world.talk(400, [a, 1_000]);
    expect(toneLevel(b.heard(200), 1_000)).toBeCloseTo(HEARD, 0);
    expect(world.rooms.hiddenLegs).toBe(0);
  });

  it('hear each other in a conference, are muted in it and leave it', async () => {
    const world = twoWorkers();
    const [a, b, c] = [await world.far(0, 0), await world.far(1, 1), await world.far(2, 1)];
    for (const { leg } of [a, b, c]) await world.send({ kind: 'join', leg, conference: 'room' });
    await world.talk(800, [a, 700], [b, 1_100], [c, 1_700]);
    expect(toneLevel(a.heard(200), 1_100)).toBeCloseTo(HEARD, 0);
    expect(toneLevel(b.heard(200), 700)).toBeCloseTo(HEARD, 0);
    expect(toneLevel(b.heard(200), 1_700)).toBeCloseTo(HEARD, 0);
    expect(toneLevel(b.heard(200), 1_100)).toBeLessThan(-35);
    await world.send({ kind: 'join', leg: b.leg, conference: 'room', muted: true });
    await world.talk(800, [a, 700], [b, 1_100]);
    expect(toneLevel(a.heard(200), 1_100)).toBeLessThan(-50);
    expect(toneLevel(b.heard(200), 700)).toBeCloseTo(HEARD, 0);
    await world.send({ kind: 'bridge', leg: b.leg, with: c.leg }, { kind: 'leave', leg: a.leg });
    await world.talk(400, [b, 1_100]);
    expect(toneLevel(c.heard(200), 1_100)).toBeCloseTo(HEARD, 0);
    expect(world.rooms.hiddenLegs).toBe(0);
  });

  it('stay together when the worker that mixed them dies, and are alone when that of the other does', async () => {
    const world = twoWorkers();
    const [a, b, c] = [await world.far(0, 0), await world.far(1, 1), await world.far(2, 1)];
    for (const { leg } of [a, b, c]) await world.send({ kind: 'join', leg, conference: 'room' });
    await world.talk(400, [b, 1_100]);
    await world.die(0);
    await world.talk(800, [b, 1_100]);
    expect(toneLevel(c.heard(200), 1_100)).toBeCloseTo(HEARD, 0);
    expect(world.rooms.hiddenLegs).toBe(0);
    const other = twoWorkers();
    const [d, e] = [await other.far(0, 0), await other.far(1, 1)];
    await other.send({ kind: 'bridge', leg: d.leg, with: e.leg });
    await other.talk(200, [d, 700]);
    await other.die(0);
    await other.talk(400);
    expect(toneLevel(e.heard(200), 700)).toBeLessThan(-50);
    expect(other.openLegs()).toBe(1);
  });
});
