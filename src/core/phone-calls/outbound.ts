import { FundsWatch, type CallRow } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import { RowWay } from '#core/phone-calls/row-way.js';
import type { Way } from '#core/phone-calls/way-out.js';

/** What a call of a phone of ours to a number outside has beside other calls: the trunk of its row, and who pays. */
export class Outbound {
  #way: RowWay | undefined;
  #funds: FundsWatch | undefined;

  constructor(
    private readonly core: Core,
    private readonly row: CallRow,
  ) {}

  /** Of the number that the phone called, once; others go as forwarded calls do. */
  wayFor(number: string): Way | undefined {
    if (this.#way !== undefined || number !== this.row.to_number) return undefined;
    this.#way = new RowWay(this.core, { accountId: this.row.account_id, callId: this.row.id, number });
    return this.#way;
  }

  answered(end: () => void, warn: () => void): void {
    this.#funds = new FundsWatch(this.core, { ...this.row, trunk_id: this.#way?.trunk ?? null }, { warn, end });
    this.#funds.start();
  }

  ended(): void {
    this.#funds?.close();
  }
}
