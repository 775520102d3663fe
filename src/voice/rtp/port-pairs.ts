/** Pairs of ports: RTP on an even one, RTCP on the next (RFC 3550 section 11). */
import type { DatagramListener, OpenUdpSocket, UdpSocket } from '#voice/rtp/udp-socket.js';

/** Inclusive. */
export interface PortRange {
  min: number;
  max: number;
}

export interface SocketPair {
  rtp: UdpSocket;
  rtcp: UdpSocket;
  /** Closes both, then gives the ports back. */
  close(): Promise<void>;
}

/** Tries at finding a free pair where the system chooses the ports. */
const MAX_SYSTEM_TRIES = 50;

/** The even ports of a range whose successor is in it as well. */
export function evenPorts(range: PortRange): number[] {
  const ports = [];
  for (let port = range.min + (range.min % 2); port + 1 <= range.max; port += 2) ports.push(port);
  return ports;
}

export class PortPairs {
  readonly #host: string;
  readonly #openSocket: OpenUdpSocket;
  readonly #range: PortRange | undefined;
  /** First freed, first used again: packets late for a finished call then meet nobody. */
  readonly #free: number[];

  /** Without a range the system chooses. */
  constructor(host: string, range: PortRange | undefined, openSocket: OpenUdpSocket) {
    this.#host = host;
    this.#openSocket = openSocket;
    this.#range = range;
    this.#free = range ? evenPorts(range) : [];
  }

  /** Rejects with a sentence that names the range when no pair is left. */
  async open(onRtp: DatagramListener, onRtcp: DatagramListener): Promise<SocketPair> {
    return this.#range ? this.#openFromRange(this.#range, onRtp, onRtcp) : this.#openAny(onRtp, onRtcp);
  }

  async #openFromRange(range: PortRange, onRtp: DatagramListener, onRtcp: DatagramListener): Promise<SocketPair> {
    for (let left = this.#free.length; left > 0; left--) {
      const port = this.#free.shift();
      if (port === undefined) break;
      const giveBack = (): void => void this.#free.push(port);
      try {
        return await this.#pair(port, onRtp, onRtcp, giveBack);
      } catch (error) {
        giveBack();
        if (!isPortTaken(error)) throw error;
      }
    }
    throw new Error(`no free pair of RTP ports in ${range.min}-${range.max}`);
  }

  async #openAny(onRtp: DatagramListener, onRtcp: DatagramListener): Promise<SocketPair> {
    for (let tries = 0; tries < MAX_SYSTEM_TRIES; tries++) {
      const probe = await this.#openSocket(this.#host, 0, () => undefined);
      const port = probe.port & ~1;
      await probe.close();
      try {
        return await this.#pair(port, onRtp, onRtcp, () => undefined);
      } catch (error) {
        if (!isPortTaken(error)) throw error;
      }
    }
    throw new Error('no free pair of RTP ports: the system has none left');
  }

  async #pair(
    port: number,
    onRtp: DatagramListener,
    onRtcp: DatagramListener,
    giveBack: () => void,
  ): Promise<SocketPair> {
    const rtp = await this.#openSocket(this.#host, port, onRtp);
    try {
      const rtcp = await this.#openSocket(this.#host, port + 1, onRtcp);
      return {
        rtp,
        rtcp,
        async close() {
          await Promise.all([rtp.close(), rtcp.close()]);
          giveBack();
        },
      };
    } catch (error) {
      await rtp.close();
      throw error;
    }
  }
}

function isPortTaken(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EADDRINUSE' || code === 'EACCES';
}
