import type {
  CallbackReply,
  Carrier,
  CarrierCallback,
  CarrierConfig,
  CarrierListener,
  Carriers,
} from '#carriers/carrier.js';

/** A carrier that also hears of requests made to us. */
export type OpenCarrier = Carrier & { callback?(request: CarrierCallback): Promise<CallbackReply> };
/** Opens a connection; it tells the listener of what comes back. */
export type OpenWith = (config: CarrierConfig, listener: CarrierListener) => OpenCarrier;

/** The connections of this process, by the carrier's id. */
export class CarrierSet implements Carriers {
  readonly #open = new Map<string, { as: string; carrier: OpenCarrier }>();
  #listener: CarrierListener | undefined;

  constructor(
    private readonly adapters: Partial<Record<CarrierConfig['kind'], OpenWith>>,
    /** Those that need no configuration: loopback. */
    private readonly fixed: ReadonlyMap<string, (listener: CarrierListener) => OpenCarrier> = new Map(),
  ) {}

  get(id: string): Carrier | undefined {
    return this.#open.get(id)?.carrier;
  }

  listen(listener: CarrierListener): void {
    this.#listener = listener;
    for (const [id, open] of this.fixed) this.#open.set(id, { as: 'fixed', carrier: open(listener) });
  }

  async configure(configs: readonly CarrierConfig[]): Promise<void> {
    const listener = this.#listener;
    if (listener === undefined) throw new Error('nobody listens to the carriers yet');
    const wanted = new Map(configs.map((config) => [config.id, config]));
    for (const [id, { as, carrier }] of [...this.#open]) {
      const config = wanted.get(id);
      if (as === 'fixed' || (config !== undefined && as === JSON.stringify(config))) continue;
      this.#open.delete(id);
      await carrier.close();
    }
    for (const config of wanted.values()) {
      const open = this.adapters[config.kind];
      if (this.#open.has(config.id) || open === undefined) continue;
      this.#open.set(config.id, { as: JSON.stringify(config), carrier: open(config, listener) });
    }
  }

  async callback(id: string, request: CarrierCallback): Promise<CallbackReply | undefined> {
    return this.#open.get(id)?.carrier.callback?.(request);
  }

  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(open.map(({ carrier }) => carrier.close()));
  }
}
