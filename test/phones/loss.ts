/** Which datagrams a phone's wire loses. The pattern depends on the seed alone: each flow has its own sequence. */
export interface LossOptions {
  /** 0–100. */
  percent: number;
  seed: number;
  /** Default `both`. Signalling over TCP is never lost. */
  of?: 'signalling' | 'rtp' | 'both';
  /** As the phone sees it. Default `both`. */
  direction?: 'in' | 'out' | 'both';
}

export type Flow = 'signalling-in' | 'signalling-out' | 'rtp-in' | 'rtp-out';

const FLOWS: readonly Flow[] = ['signalling-in', 'signalling-out', 'rtp-in', 'rtp-out'];

/** Decides packet by packet, from a linear congruential generator (Knuth's MMIX constants, upper bits used). */
export class LossPattern {
  readonly #states = new Map<Flow, bigint>();
  readonly #options: LossOptions | undefined;

  constructor(options?: LossOptions) {
    this.#options = options;
    FLOWS.forEach((flow, index) => this.#states.set(flow, BigInt(options?.seed ?? 0) * 4n + BigInt(index)));
  }

  /** True when the next packet of this flow is lost. */
  loses(flow: Flow): boolean {
    const options = this.#options;
    if (!options) return false;
    const [kind, direction] = flow.split('-');
    if (options.of !== undefined && options.of !== 'both' && options.of !== kind) return false;
    if (options.direction !== undefined && options.direction !== 'both' && options.direction !== direction)
      return false;
    const next = BigInt.asUintN(64, (this.#states.get(flow) ?? 0n) * 6364136223846793005n + 1442695040888963407n);
    this.#states.set(flow, next);
    return Number(next >> 40n) / 2 ** 24 < options.percent / 100;
  }
}
