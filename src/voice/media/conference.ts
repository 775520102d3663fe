/**
 * A conference: the few loudest are heard, each by all but itself. Those who are not heard share one mix for each law, so
 * that a hundred listeners cost no more encoding than one.
 */
import { g711EncodeTable } from '#voice/codecs/g711.js';
import type { Room, RoomMember } from '#voice/media/bridge.js';
import type { CodecName } from '#voice/media/media-port.js';
import { SAMPLES_PER_PACKET } from '#voice/media/outgoing-stream.js';

/** Who speaks at once can be understood by nobody beyond that, and every further one brings the noise of a line. */
export const MAX_SPEAKERS = 4;
/** A level falls by so much in each 20 ms of silence, so that the pause between two words takes nobody off: 7 dB in 200 ms. */
const DECAY = 0.85;
/** Mean square below which nobody speaks: about -52 dBm0. */
const FLOOR = 2_500;
/** Who is heard already stays so until somebody is twice as loud: 3 dB. */
const STAYING = 2;

interface Seat {
  muted: boolean;
  /** Mean square of the last frames, decaying. */
  level: number;
  isSpeaking: boolean;
  /** What a speaker hears: the mix without itself. */
  mix: Mix | undefined;
}

export class Conference implements Room {
  readonly #seats = new Map<RoomMember, Seat>();
  readonly #onEmpty: () => void;
  readonly #sum = new Int32Array(SAMPLES_PER_PACKET);
  readonly #forListeners = new Mix();
  #speakers: Seat[] = [];

  constructor(onEmpty: () => void) {
    this.#onEmpty = onEmpty;
  }

  join(member: RoomMember, muted: boolean): void {
    const seat = this.#seats.get(member);
    if (seat) {
      seat.muted = muted;
      return;
    }
    this.#seats.set(member, { muted, level: 0, isSpeaking: false, mix: undefined });
    member.room = this;
    member.ear.open(this);
  }

  leave(member: RoomMember): void {
    const seat = this.#seats.get(member);
    if (!seat) return;
    this.#seats.delete(member);
    this.#speakers = this.#speakers.filter((speaker) => speaker !== seat);
    member.room = undefined;
    member.ear.shut(this);
    if (this.#seats.size === 0) this.#onEmpty();
  }

  /** Once in 20 ms, before any member is served: from the last frame of each. */
  mix(): void {
    const speaking: { seat: Seat; pcm: Int16Array }[] = [];
    for (const [member, seat] of this.#seats) {
      const { frame } = member.ear;
      const loudness = seat.muted || frame.content === 'nothing' ? 0 : frame.meanSquare;
      seat.level = seat.muted ? 0 : Math.max(loudness, seat.level * DECAY);
    }
    this.#choose();
    this.#sum.fill(0);
    for (const [member, seat] of this.#seats) {
      if (!seat.isSpeaking) continue;
      const { pcm } = member.ear.frame;
      for (let i = 0; i < SAMPLES_PER_PACKET; i++) this.#sum[i]! += pcm[i]!;
      speaking.push({ seat, pcm });
    }
    this.#forListeners.set(this.#sum, undefined);
    for (const { seat, pcm } of speaking) {
      seat.mix ??= new Mix();
      seat.mix.set(this.#sum, pcm);
    }
  }

  fill(member: RoomMember, into: Uint8Array, at: number, law: CodecName): boolean {
    const seat = this.#seats.get(member);
    const heard = this.#speakers.length - (seat?.isSpeaking ? 1 : 0);
    if (!seat || heard === 0) return false;
    const mix = (seat.isSpeaking && seat.mix) || this.#forListeners;
    into.set(mix.octets(law), at);
    return true;
  }

  #choose(): void {
    const candidates = [...this.#seats.values()].filter(({ level }) => level >= FLOOR);
    candidates.sort((a, b) => rank(b) - rank(a));
    for (const seat of this.#speakers) seat.isSpeaking = false;
    this.#speakers = candidates.slice(0, MAX_SPEAKERS);
    for (const seat of this.#speakers) seat.isSpeaking = true;
  }
}

const rank = (seat: Seat): number => seat.level * (seat.isSpeaking ? STAYING : 1);

/** 20 ms of a sum, encoded in each law once, and only where somebody hears it. */
class Mix {
  readonly #pcm = new Int16Array(SAMPLES_PER_PACKET);
  readonly #octets = { PCMU: new Uint8Array(SAMPLES_PER_PACKET), PCMA: new Uint8Array(SAMPLES_PER_PACKET) };
  readonly #isEncoded = { PCMU: false, PCMA: false };

  /** What is too loud is clipped: it does not wrap around. */
  set(sum: Int32Array, without: Int16Array | undefined): void {
    for (let i = 0; i < SAMPLES_PER_PACKET; i++) {
      const sample = sum[i]! - (without ? without[i]! : 0);
      this.#pcm[i] = sample > 32_767 ? 32_767 : sample < -32_768 ? -32_768 : sample;
    }
    this.#isEncoded.PCMU = false;
    this.#isEncoded.PCMA = false;
  }

  octets(law: CodecName): Uint8Array {
    const octets = this.#octets[law];
    if (!this.#isEncoded[law]) {
      const encode = g711EncodeTable(law);
      for (let i = 0; i < SAMPLES_PER_PACKET; i++) octets[i] = encode[this.#pcm[i]! & 0xffff]!;
      this.#isEncoded[law] = true;
    }
    return octets;
  }
}
