/** One leg's media: what it plays, sends, hears and records, 20 ms at a time. */
import type {
  AudioClip,
  DtmfWay,
  JobId,
  LegId,
  MachineDetectionOptions,
  RecordedSide,
  RtpStats,
} from '#voice/engine.js';
import { DtmfJobs, type KeySending } from '#voice/media/dtmf-jobs.js';
import type { EncodedClips } from '#voice/media/encoded-clips.js';
import type { Room, RoomMember } from '#voice/media/bridge.js';
import { InbandKeys } from '#voice/media/inband-keys.js';
import { IncomingStream } from '#voice/media/incoming-stream.js';
import type { JobOutcome } from '#voice/media/jobs.js';
import { KeyPresses } from '#voice/media/key-presses.js';
import { LegEar } from '#voice/media/leg-ear.js';
import { LegRecorder } from '#voice/media/leg-recorder.js';
import { MachineListening } from '#voice/media/machine-listening.js';
import type { MediaEvent, MediaSession } from '#voice/media/media-port.js';
import { OutgoingStream, SAMPLES_PER_PACKET } from '#voice/media/outgoing-stream.js';
import { PlayQueue } from '#voice/media/play-queue.js';
import { PACKET_MS } from '#voice/media/media-ticker.js';
import { PLAYOUT_DELAY_MS } from '#voice/rtp/jitter-buffer.js';
import { meanOpinionScore } from '#voice/rtp/voice-quality.js';
import type { SocketPair } from '#voice/rtp/port-pairs.js';
import { RtcpReporter } from '#voice/rtp/rtcp-reporter.js';
import { RTP_HEADER_BYTES } from '#voice/rtp/rtp-packet.js';

/** A second: of less nobody can say how it sounded. */
const MIN_PACKETS_FOR_MOS = 50;

export interface MediaLegSetup {
  leg: LegId;
  emit: (event: MediaEvent) => void;
  encoded: EncodedClips;
  /** After so long without a packet, and again after as long again, comes `silent`. Milliseconds. */
  mediaTimeoutMs: number;
  /** Unsigned 32-bit random numbers. */
  random32: () => number;
  /** Milliseconds since the epoch. */
  now: () => number;
}

export class MediaLeg implements RoomMember {
  readonly id: LegId;
  /** For whoever wants to hear the far end. */
  readonly ear = new LegEar();
  /** Whom it hears where nothing is played to it. */
  room: Room | undefined;
  readonly #setup: MediaLegSetup;
  readonly #plays: PlayQueue;
  readonly #dtmf: DtmfJobs;
  readonly #recorder: LegRecorder;
  readonly #keys = new KeyPresses();
  readonly #tones: InbandKeys;
  readonly #machine: MachineListening;
  readonly #incoming: IncomingStream;
  readonly #outgoing: OutgoingStream;
  readonly #rtcp: RtcpReporter;
  #sockets: SocketPair | undefined;
  #session: MediaSession | undefined;

  constructor(setup: MediaLegSetup) {
    this.id = setup.leg;
    this.#setup = setup;
    const done = (job: JobId, outcome: JobOutcome, durationMs: number): void =>
      this.#emit({ kind: 'job.done', leg: this.id, job, outcome, durationMs });
    this.#plays = new PlayQueue(setup.encoded, done);
    this.#dtmf = new DtmfJobs({
      done,
      sendInfo: (digit, durationMs) => this.#emit({ kind: 'sendInfo', leg: this.id, digit, durationMs }),
    });
    this.#recorder = new LegRecorder(this.ear, (job, outcome, durationMs, recorded) =>
      this.#emit({
        kind: 'job.done',
        leg: this.id,
        job,
        outcome,
        durationMs,
        ...(recorded && { recording: { pcm: recorded.pcm } }),
        ...(recorded?.out && { recordingOut: { pcm: recorded.out } }),
      }),
    );
    this.#incoming = new IncomingStream({
      audio: (timestamp, marker, octets, codec) => this.ear.packet(timestamp, marker, octets, codec),
      comfortNoise: (timestamp, dBov) => this.ear.comfortNoise(timestamp, dBov),
      pressed: () => this.#plays.barge(),
      released: ({ digit, durationMs }) => this.#pressed(digit, 'rfc4733', durationMs),
    });
    this.#tones = new InbandKeys({
      pressed: () => this.#plays.barge(),
      released: ({ digit, durationMs }) => this.#pressed(digit, 'inband', durationMs),
    });
    this.#machine = new MachineListening(this.id, this.ear, (event) => this.#emit(event));
    this.#outgoing = new OutgoingStream(setup.random32);
    this.#rtcp = new RtcpReporter(this.#outgoing.ssrc, setup.random32);
  }

  /** The ports are bound. */
  attach(sockets: SocketPair): void {
    this.#sockets = sockets;
  }

  connect(session: MediaSession, nowMs: number): void {
    this.#session = session;
    this.#incoming.connect(session, nowMs, this.#setup.mediaTimeoutMs);
    this.#rtcp.start(nowMs);
    // Whoever has agreed on telephone events sends its keys by them, and its speech is not mistaken for keys.
    if (session.dtmfPayloadType === undefined && this.#incoming.receives) this.ear.listen(this.#tones);
    else this.ear.shut(this.#tones);
  }

  play(job: JobId, clips: AudioClip[], bargeIn: boolean, loop: boolean): void {
    this.#plays.add(job, clips, bargeIn, loop);
  }

  record(job: JobId, side: RecordedSide, maxMs: number, silenceMs?: number): void {
    this.#recorder.add(job, side, maxMs, silenceMs);
  }

  pause(job: JobId, isPaused: boolean): void {
    this.#recorder.pause(job, isPaused);
  }

  detectMachine(job: JobId, options: MachineDetectionOptions): void {
    this.#machine.start(job, options);
  }

  /** Before `connect`, and while the far end does not listen, it waits. */
  sendDtmf(job: JobId, digits: string): void {
    this.#dtmf.add(job, digits);
  }

  stop(job: JobId | undefined): void {
    if (job === undefined) this.#plays.endAll('stopped');
    else if (!this.#plays.stop(job) && !this.#recorder.stop(job) && !this.#machine.stop(job)) this.#dtmf.stop(job);
  }

  info(digit: string, durationMs: number): void {
    this.#plays.barge();
    this.#pressed(digit, 'info', durationMs);
  }

  /** Serves the next 20 ms. */
  tick(nowMs: number): void {
    const session = this.#session;
    if (!session || !this.#sockets) return;
    const sent = this.#sendNext(session);
    if (this.#rtcp.isDue(nowMs)) this.#report(nowMs);
    this.ear.advance();
    if (this.#recorder.isRecording) this.#recorder.advance(sent, session.codec);
    this.#plays.settle();
    this.#dtmf.settle();
    const silentMs = this.#incoming.check(nowMs, this.#setup.mediaTimeoutMs);
    if (silentMs > 0) this.#emit({ kind: 'silent', leg: this.id, forMs: Math.round(silentMs) });
  }

  skip(packetTimes: number): void {
    if (!this.#session || !this.#sockets) return;
    this.#outgoing.pause(packetTimes);
    this.ear.skip(packetTimes);
    this.#recorder.skip(packetTimes);
  }

  rtp(datagram: Uint8Array, port: number, address: string, nowMs: number): void {
    this.#incoming.rtp(datagram, port, address, nowMs);
  }

  rtcp(datagram: Uint8Array, address: string, nowMs: number): void {
    if (address !== this.#incoming.path.destination?.address) return;
    if (this.#rtcp.received(datagram, nowMs, this.#outgoing.packetsSent)) this.#incoming.alive(nowMs);
  }

  /** Ends the jobs, says goodbye by RTCP and closes the sockets; `closed` is the engine's to report. */
  async close(nowMs: number): Promise<void> {
    this.#incoming.end();
    this.ear.shut(this.#tones);
    this.#plays.endAll('ended');
    this.#dtmf.endAll();
    this.#recorder.endAll();
    this.#machine.close();
    if (this.#session) this.#sendRtcp(this.#rtcp.bye(this.#senderInfo(nowMs), this.#incoming.statistics.report()));
    this.#session = undefined;
    await this.#sockets?.close();
  }

  get stats(): RtpStats {
    const { packetsReceived, packetsLost, jitterMs } = this.#incoming.statistics;
    const { remote, roundTripMs } = this.#rtcp;
    return {
      packetsSent: this.#outgoing.packetsSent,
      packetsReceived,
      packetsLost,
      jitterMs,
      ...(packetsReceived >= MIN_PACKETS_FOR_MOS && { mos: this.#meanOpinionScore() }),
      ...(remote && { remote }),
      ...(roundTripMs !== undefined && { roundTripMs }),
    };
  }

  #meanOpinionScore(): number {
    const { packetsReceived, packetsLost, burstRatio } = this.#incoming.statistics;
    const missing = packetsLost + this.ear.latePackets;
    return meanOpinionScore({
      lossRatio: Math.min(1, missing / Math.max(1, packetsLost + packetsReceived)),
      burstRatio,
      delayMs: (this.#rtcp.roundTripMs ?? 0) / 2 + PACKET_MS + PLAYOUT_DELAY_MS,
    });
  }

  /** Returns the octets of audio that were sent, for the recordings. */
  #sendNext(session: MediaSession): Uint8Array | undefined {
    const outgoing = this.#outgoing;
    const buffer = outgoing.buffer;
    const destination = this.#incoming.path.destination;
    const sends = destination && (session.direction === 'sendrecv' || session.direction === 'sendonly');
    if (sends && !this.#dtmf.isIdle) {
      const key = this.#dtmf.next(outgoing.timestamp, keySending(session));
      if (key && 'event' in key) {
        this.#send(outgoing.event(session.dtmfPayloadType!, key.event));
        return undefined;
      }
      if (key) buffer.set(key.octets, RTP_HEADER_BYTES);
      else outgoing.fillSilence(session.codec);
    } else if (
      !this.#plays.next(buffer, RTP_HEADER_BYTES, SAMPLES_PER_PACKET, session.codec) &&
      !this.room?.fill(this, buffer, RTP_HEADER_BYTES, session.codec)
    ) {
      // Silence is sent on: it keeps the way through address translators open, and phones from hanging up.
      outgoing.fillSilence(session.codec);
    }
    if (!sends) {
      outgoing.pause(1);
      return undefined;
    }
    this.#send(outgoing.audio(session.payloadType));
    return buffer.subarray(RTP_HEADER_BYTES);
  }

  #send(packet: Uint8Array): void {
    const destination = this.#incoming.path.destination;
    if (destination) this.#sockets?.rtp.send(packet, destination.port, destination.address);
  }

  #report(nowMs: number): void {
    this.#sendRtcp(this.#rtcp.report(this.#senderInfo(nowMs), this.#incoming.statistics.report()));
  }

  #sendRtcp(packet: Uint8Array): void {
    const destination = this.#incoming.path.destination;
    if (destination && this.#session?.direction !== 'inactive') {
      this.#sockets?.rtcp.send(packet, destination.port + 1, destination.address);
    }
  }

  #senderInfo(nowMs: number): { atMs: number; rtpTimestamp: number; packets: number; octets: number } {
    const { timestamp, packetsSent, octetsSent } = this.#outgoing;
    return { atMs: nowMs, rtpTimestamp: timestamp, packets: packetsSent, octets: octetsSent };
  }

  #pressed(digit: string, via: DtmfWay, durationMs: number): void {
    if (!this.#keys.isNew(digit, via, this.#setup.now())) return;
    this.#emit({ kind: 'dtmf', leg: this.id, digit, via, durationMs });
  }

  #emit(event: MediaEvent): void {
    this.#setup.emit(event);
  }
}

/** RFC 4733 where the far end knows it, else SIP INFO where it allows that, else tones. */
function keySending(session: MediaSession): KeySending {
  const way = session.dtmfPayloadType !== undefined ? 'rfc4733' : session.dtmfByInfo ? 'info' : 'inband';
  return { way, law: session.codec };
}
