/**
 * Where to send, with a far end behind address translation (RFC 4961; "latching" in RFC 7362): first where the session
 * description says, then to whatever address valid RTP comes from. The first source is kept; others are not listened to.
 */
import { isIP } from 'node:net';

export interface RtpAddress {
  address: string;
  port: number;
}

export class SymmetricRtp {
  #described: RtpAddress | undefined;
  #destination: RtpAddress | undefined;
  #source: RtpAddress | undefined;

  /**
   * A new session description. The next source is believed again; while the described address stays the same, a far end
   * that is on hold and sends nothing goes on being reached where it was last heard.
   */
  describe(address: string, port: number): void {
    const described = isSendable(address, port) ? { address, port } : undefined;
    const unchanged = described?.address === this.#described?.address && described?.port === this.#described?.port;
    if (!this.#destination || !unchanged) this.#destination = described;
    this.#described = described;
    this.#source = undefined;
  }

  /** Where to send; undefined while no usable address is known. */
  get destination(): RtpAddress | undefined {
    return this.#destination;
  }

  /** Whether a valid packet from there belongs to the session. The first one decides. */
  accepts(address: string, port: number): boolean {
    if (!this.#source) {
      this.#source = { address, port };
      this.#destination = this.#source;
      return true;
    }
    return this.#source.port === port && this.#source.address === address;
  }
}

/** Old-fashioned hold writes the address 0.0.0.0 (RFC 3264 section 8.4); port 0 refuses the stream. */
function isSendable(address: string, port: number): boolean {
  return isIP(address) !== 0 && address !== '0.0.0.0' && address !== '::' && port > 0 && port < 65_536;
}
