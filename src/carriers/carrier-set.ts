import type {
  CallbackReply,
  Carrier,
  CarrierCallback,
  CarrierConfig,
  CarrierKind,
  CarrierListener,
  Carriers,
  ConfigOf,
} from '#carriers/carrier.js';

/** A carrier that also hears of requests made to us. */
export type OpenCarrier = Carrier & { callback?(request: CarrierCallback): Promise<CallbackReply> };
/** Opens a connection; it tells the listener of what comes back. */
export type OpenWith<Kind extends CarrierKind = CarrierKind> = (
  config: ConfigOf<Kind>,
  listener: CarrierListener,
) => OpenCarrier;
export type Adapters = { [Kind in CarrierKind]?: OpenWith<Kind> };

/** The connections of this process, by the carrier's id. */
export class CarrierSet implements Carriers {
  readonly #open = new Map<string, { as: string; carrier: OpenCarrier }>();
  #listener: CarrierListener | undefined;

  constructor(
    private readonly adapters: Adapters,
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
    const opened = [...this.#open].filter(([, { as }]) => as !== 'fixed').map(([id]) => id);
    await Promise.all(
      [...new Set([...opened, ...wanted.keys()])].map(async (id) => {
        const config = wanted.get(id);
        const open = this.#open.get(id);
        if (open !== undefined) {
          if (config !== undefined && open.as === JSON.stringify(config)) return;
          this.#open.delete(id);
          await open.carrier.close();
        }
        if (config !== undefined) this.#openOne(config, listener);
      }),
    );
  }

  /** One that cannot be opened must not keep the others from it. */
  #openOne(config: CarrierConfig, listener: CarrierListener): void {
    const open = this.adapters[config.kind] as OpenWith | undefined;
    if (open === undefined) return;
    try {
      this.#open.set(config.id, { as: JSON.stringify(config), carrier: open(config, listener) });
    } catch (error) {
      listener.onState(config.id, { up: false, detail: error instanceof Error ? error.message : String(error) });
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
