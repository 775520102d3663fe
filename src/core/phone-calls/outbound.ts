import { FundsWatch, type CallRow } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import type { PaceLines } from '#core/phone-calls/pace-lines.js';
import { rowChannel } from '#core/phone-calls/trunk-channels.js';
import { TrunkWay } from '#core/phone-calls/trunk-way.js';
import type { Way } from '#core/phone-calls/way-out.js';
import type { LegEnded } from '#voice/engine.js';

/** Whoever dialled hears nothing meanwhile: the pace of a trunk is waited for so long. */
const PATIENCE_MS = 15_000;

/** What a call of a phone of ours to a number outside has beside other calls: the trunk of its row, and who pays. */
export class Outbound {
  #way: TrunkWay | undefined;
  #funds: FundsWatch | undefined;

  constructor(
    private readonly core: Core,
    private readonly lines: PaceLines,
    private readonly row: CallRow,
  ) {}

  /** Of the number that the phone called, once; others go as forwarded calls do. */
  wayFor(number: string): Way | undefined {
    const { account_id: accountId, mode, id: callId, to_number: called } = this.row;
    if (this.#way !== undefined || number !== called) return undefined;
    const asked = { accountId, mode, callId, number };
    this.#way = new TrunkWay(this.core, this.lines, asked, rowChannel(asked), PATIENCE_MS);
    return this.#way;
  }

  answered(end: () => void, warn: () => void): void {
    this.#funds = new FundsWatch(this.core, { ...this.row, trunk_id: this.#way?.trunk ?? null }, { warn, end });
    this.#funds.start();
  }

  /** Why nobody was reached, in the words of the trunk; `refused`: as the phone was told. */
  toldBy(refused: LegEnded): LegEnded {
    return this.#way?.lastFailed ?? refused;
  }

  ended(): void {
    this.#funds?.close();
  }
}
