/** One `TrunkWatch` for each configured trunk; a trunk whose configuration has not changed is left alone. */
import type { TrunkConfig } from '#voice/engine.js';
import type { Signalling } from '#voice/sip/signalling.js';
import type { TrunkTable } from '#voice/sip/trunk-table.js';
import { TrunkWatch, type TrunkState } from '#voice/sip/trunk-watch.js';

export class TrunkWatches {
  readonly #signalling: Signalling;
  readonly #trunks: TrunkTable;
  readonly #onState: (state: TrunkState) => void;
  readonly #watches = new Map<string, { watch: TrunkWatch; config: TrunkConfig; text: string }>();

  constructor(signalling: Signalling, trunks: TrunkTable, onState: (state: TrunkState) => void) {
    this.#signalling = signalling;
    this.#trunks = trunks;
    this.#onState = onState;
  }

  /** After the table knows the same trunks. */
  configure(trunks: TrunkConfig[]): void {
    const wanted = new Map(trunks.map((trunk) => [trunk.id, trunk]));
    for (const [id, { watch, config, text }] of this.#watches) {
      const next = wanted.get(id);
      if (next !== undefined && JSON.stringify(next) === text) continue;
      watch.close(next !== undefined && isSameBinding(config, next));
      this.#watches.delete(id);
    }
    for (const [id, config] of wanted) {
      if (this.#watches.has(id)) continue;
      const watch = new TrunkWatch(this.#signalling, this.#trunks, config, this.#onState);
      this.#watches.set(id, { watch, config, text: JSON.stringify(config) });
    }
  }

  alive(trunk: string): void {
    this.#watches.get(trunk)?.watch.alive();
  }

  close(): void {
    for (const { watch } of this.#watches.values()) watch.close(false);
    this.#watches.clear();
  }
}

/** Whether the registrar would know the one by the binding of the other. */
function isSameBinding(a: TrunkConfig, b: TrunkConfig): boolean {
  return b.register !== undefined && a.uri === b.uri && a.username === b.username && a.password === b.password;
}
