/**
 * Where to send, with a far end behind address translation (RFC 4961; "latching" in RFC 7362): first where the session
 * description says, then to the source that valid RTP comes from. One source is kept and others are not listened to, so
 * that nobody can put sound into a call or have it sent elsewhere by sending packets to its port ("RTP bleed"):
 *
 * - The described source is believed at its first packet. Another one is only after several packets and some time, in
 *   which the described one may come; should it come later, it takes over.
 * - Once a source is kept, it may change its port, as translators do, when it has been quiet for a moment. Another address
 *   needs a new session description.
 */
import { isIP } from 'node:net';

export interface RtpAddress {
  address: string;
  port: number;
}

/** Packets from a source that was not described until it is believed, in no less than so many milliseconds. */
export const BELIEVED_PACKETS = 5;
export const BELIEVED_MS = 80;
/** A kept source that has sent nothing for so long may have another port now. */
export const QUIET_MS = 500;

/** A source that wants to be believed. */
interface Candidate extends RtpAddress {
  ssrc: number;
  packets: number;
  firstMs: number;
  lastMs: number;
}

export class SymmetricRtp {
  #described: RtpAddress | undefined;
  #destination: RtpAddress | undefined;
  #source: RtpAddress | undefined;
  #lastHeardMs = 0;
  #candidate: Candidate | undefined;

  /**
   * A new session description. The next source is to be found again; while the described address stays the same, a far
   * end that is on hold and sends nothing goes on being reached where it was last heard.
   */
  describe(address: string, port: number): void {
    const described = isSendable(address, port) ? { address, port } : undefined;
    const unchanged = described?.address === this.#described?.address && described?.port === this.#described?.port;
    if (!this.#destination || !unchanged) this.#destination = described;
    this.#described = described;
    this.#source = undefined;
    this.#candidate = undefined;
  }

  /** Where to send; undefined while no usable address is known. */
  get destination(): RtpAddress | undefined {
    return this.#destination;
  }

  /** Whether a valid packet from there belongs to the session. */
  accepts(address: string, port: number, ssrc: number, nowMs: number): boolean {
    const from = { address, port };
    if (this.#source ? isSame(from, this.#source) : this.#isExpected(from)) {
      this.#keep(from, nowMs);
      return true;
    }
    if (this.#source && !this.#mayFollow(from, nowMs)) return false;
    if (!this.#isBelieved(from, ssrc, nowMs)) return false;
    this.#keep(from, nowMs);
    return true;
  }

  /** It is where the description says, or where the far end was last heard under the same description. */
  #isExpected(from: RtpAddress): boolean {
    return isSame(from, this.#described) || isSame(from, this.#destination);
  }

  #mayFollow(from: RtpAddress, nowMs: number): boolean {
    if (isSame(from, this.#described)) return true;
    return from.address === this.#source!.address && nowMs - this.#lastHeardMs >= QUIET_MS;
  }

  #isBelieved(from: RtpAddress, ssrc: number, nowMs: number): boolean {
    const known = this.#candidate;
    if (!known || !isSame(from, known) || known.ssrc !== ssrc) {
      // One at a time: whoever came first, unless it has gone or the other is at the described address.
      const isFree = !known || nowMs - known.lastMs >= QUIET_MS || from.address === this.#described?.address;
      if (isFree) this.#candidate = { ...from, ssrc, packets: 1, firstMs: nowMs, lastMs: nowMs };
      return false;
    }
    known.packets++;
    known.lastMs = nowMs;
    return known.packets >= BELIEVED_PACKETS && nowMs - known.firstMs >= BELIEVED_MS;
  }

  #keep(source: RtpAddress, nowMs: number): void {
    if (!isSame(source, this.#source)) {
      this.#source = source;
      this.#destination = source;
      this.#candidate = undefined;
    }
    this.#lastHeardMs = nowMs;
  }
}

function isSame(one: RtpAddress, other: RtpAddress | undefined): boolean {
  return one.port === other?.port && one.address === other.address;
}

/** Old-fashioned hold writes the address 0.0.0.0 (RFC 3264 section 8.4); port 0 refuses the stream. */
function isSendable(address: string, port: number): boolean {
  return isIP(address) !== 0 && address !== '0.0.0.0' && address !== '::' && port > 0 && port < 65_536;
}
