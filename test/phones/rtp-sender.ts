import { randomInt } from 'node:crypto';
import { encode, SILENCE } from './g711.js';
import { formatEvent, formatRtp } from './rtp-packet.js';
import { PAYLOAD_OF, type Codec } from './session-description.js';
import { FRAME_SAMPLES, SAMPLES_PER_MS } from './tones.js';

const FRAME_MS = FRAME_SAMPLES / SAMPLES_PER_MS;
/** After a longer pause of the process the schedule starts anew; the sound itself stays whole. */
const MOST_LATE_FRAMES = 5;
/** RFC 4733 section 2.5.1.4: the last packet of an event goes out three times. */
const END_PACKETS = 3;

interface Sound {
  kind: 'sound';
  pcm: Int16Array;
  at: number;
  done: () => void;
}

interface Key {
  kind: 'key';
  digit: string;
  samples: number;
  /** Timestamp of the event's begin; undefined until it is on the wire. */
  from: number | undefined;
  elapsed: number;
  endsSent: number;
  done: () => void;
}

/** One packet every 20 ms from `start` to `close`: queued sounds and keys one after another, silence between. */
export class RtpSender {
  readonly #queue: (Sound | Key)[] = [];
  #sequence = randomInt(0x10000);
  #timestamp = randomInt(0x100000000);
  readonly #ssrc = randomInt(0x100000000);
  #timer: NodeJS.Timeout | undefined;
  #next = 0;
  #talking = false;
  /** While true nothing is sent, keys included: the far end asked us to be silent (hold). */
  muted = false;
  codec: Codec = 'PCMU';
  eventPayload: number | undefined;

  constructor(private readonly transmit: (packet: Buffer) => void) {}

  start(): void {
    if (this.#timer) return;
    this.#next = performance.now();
    this.#arm();
  }

  /** Resolves when the last sample is on the wire, or the call is over. */
  sound(pcm: Int16Array): Promise<void> {
    return new Promise((done) => this.#queue.push({ kind: 'sound', pcm, at: 0, done }));
  }

  key(digit: string, ms: number): Promise<void> {
    const samples = Math.max(1, Math.round(ms / FRAME_MS)) * FRAME_SAMPLES;
    return new Promise((done) =>
      this.#queue.push({ kind: 'key', digit, samples, from: undefined, elapsed: 0, endsSent: 0, done }),
    );
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const { done } of this.#queue.splice(0)) done();
  }

  #arm(): void {
    this.#timer = setTimeout(() => {
      const now = performance.now();
      if (now - this.#next > MOST_LATE_FRAMES * FRAME_MS) this.#next = now;
      while (this.#next <= now) {
        this.#frame();
        this.#next += FRAME_MS;
      }
      this.#arm();
    }, this.#next - performance.now());
  }

  #frame(): void {
    if (this.muted) this.#talking = false;
    else {
      const job = this.#queue[0];
      if (job?.kind === 'key' && this.eventPayload !== undefined) this.#keyFrame(job, this.eventPayload);
      else this.#soundFrame(job?.kind === 'sound' ? job : undefined);
    }
    this.#timestamp = (this.#timestamp + FRAME_SAMPLES) >>> 0;
  }

  #soundFrame(job: Sound | undefined): void {
    const payload = Buffer.alloc(FRAME_SAMPLES, SILENCE[this.codec]);
    if (job) {
      payload.set(encode(this.codec, job.pcm.subarray(job.at, job.at + FRAME_SAMPLES)));
      job.at += FRAME_SAMPLES;
      if (job.at >= job.pcm.length) this.#finish(job);
    }
    this.#send(PAYLOAD_OF[this.codec], !this.#talking, this.#timestamp, payload);
    this.#talking = true;
  }

  #keyFrame(job: Key, payloadType: number): void {
    const marker = job.from === undefined;
    job.from ??= this.#timestamp;
    job.elapsed = Math.min(job.samples, job.elapsed + FRAME_SAMPLES);
    const end = job.elapsed === job.samples;
    this.#send(payloadType, marker, job.from, formatEvent(job.digit, end, job.elapsed));
    this.#talking = false;
    if (!end) return;
    job.endsSent++;
    if (job.endsSent === END_PACKETS) this.#finish(job);
  }

  #finish(job: Sound | Key): void {
    this.#queue.shift();
    job.done();
  }

  #send(payloadType: number, marker: boolean, timestamp: number, payload: Buffer): void {
    this.transmit(formatRtp({ payloadType, marker, sequence: this.#sequence, timestamp, ssrc: this.#ssrc, payload }));
    this.#sequence = (this.#sequence + 1) & 0xffff;
  }
}
