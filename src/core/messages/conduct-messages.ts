import type { PartResult, Receipt } from '#carriers/carrier.js';
import { attachmentLink, attachmentsOf } from '#core/attachments/index.js';
import type { Core } from '#core/core.js';
import { Batches } from '#core/messages/batches.js';
import { codeTexts } from '#core/messages/code-texts.js';
import { claimMessages, type ClaimedMessage } from '#core/messages/claim-messages.js';
import type { QueueHead } from '#core/messages/due-messages.js';
import { endExpired } from '#core/messages/end-expired.js';
import type { MessageRow } from '#core/messages/message.js';
import { putBackStrays } from '#core/messages/lease-messages.js';
import { applyEarly, applyToUnknown, recordReceipts, type CarrierReceipt } from '#core/messages/record-receipts.js';
import { storable } from '#core/messages/storable-text.js';
import { submitText } from '#core/messages/submit-text.js';
import { writeResults, type Handed } from '#core/messages/write-results.js';
import { WakeableLoop } from '#jobs/wakeable-loop.js';

/** Results, or receipts, in one transaction. */
const MOST_AT_ONCE = 200;
/** How often texts are looked for that expired behind others, milliseconds. */
const EXPIRED_EVERY_MS = 1000;

/** Hands queued texts over to their carriers, and writes down what they say. */
export class MessageConductor {
  readonly #loop: WakeableLoop;
  readonly #results: Batches<Handed>;
  readonly #receipts: Batches<CarrierReceipt>;
  /** Parts that are under way, by carrier: until what became of them is written. */
  readonly #underWay = new Map<string, number>();
  /** How often each text is held here: for a moment twice, when it is claimed again while its last try is ending. */
  readonly #held = new Map<string, number>();
  #active = 0;
  /** A claim failed on its way: texts may be under this process' lease that it does not know of. */
  #strays = false;
  #claiming = false;
  #draining = false;
  #after: QueueHead | undefined;
  /** The last claim found something. */
  #busy = false;
  #expiredAt = 0;
  /** Accepted parts by carrier and its id, until that is written: what is reported of them comes after it. */
  readonly #accepted = new Map<string, Promise<void>>();
  #onQuiet: () => void = () => undefined;

  constructor(private readonly core: Core) {
    this.#loop = new WakeableLoop('claim texts', core, () => this.#claim());
    this.#results = new Batches('write results', core.background, (some) => this.#write(some), MOST_AT_ONCE);
    this.#receipts = new Batches('write receipts', core.background, (some) => this.#report(some), MOST_AT_ONCE);
  }

  start(): void {
    this.#loop.wake();
  }

  wake = (): void => this.#loop.wake();

  /** Texts whose carrier has not answered yet, or whose answer is not written yet. */
  get active(): number {
    return this.#active;
  }

  /** Resolves once it is written down. */
  onReceipt(carrierId: string, receipt: Receipt): Promise<void> {
    return this.#receipts.add({ carrierId, receipt });
  }

  /**
   * Claims nothing more and waits for what is under way; after `graceMs` the carriers are closed, which answers what is
   * left.
   */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true;
    this.#loop.stop();
    if (this.#active === 0 && !this.#claiming) return;
    const quiet = new Promise<void>((resolve) => (this.#onQuiet = resolve));
    const timer = this.core.clock.after(graceMs, () => {
      this.core.background.run('close the carriers', () => this.core.carriers.close());
    });
    await quiet;
    timer.cancel();
  }

  async #claim(): Promise<number> {
    if (this.#draining) return 1000;
    this.#claiming = true;
    try {
      if (this.#strays) await putBackStrays(this.core, [...this.#held.keys()]);
      this.#strays = false;
      await this.#endExpired();
      const { claimed, waitMs, after } = await claimMessages(this.core, (carrier) => this.#roomOf(carrier), {
        after: this.#after,
        busy: this.#busy,
      });
      this.#after = after;
      this.#busy = claimed.length > 0;
      if (claimed.length === 0) return waitMs;
      const begun = await this.#takenParts(claimed);
      const codes = await codeTexts(this.core, claimed);
      const files = await attachmentsOf(this.core.db, claimed);
      for (const row of claimed) this.#began(row);
      this.core.killPoint('message.claimed');
      for (const row of claimed) {
        const owner = { accountId: row.account_id, mode: row.mode };
        const media = (files.get(row.id) ?? []).map((file) => attachmentLink(this.core, owner, file));
        this.#handOver(row, { taken: begun.get(row.id) ?? [], text: codes.get(row.id) ?? row.text, media });
      }
      return waitMs;
    } catch (error) {
      this.#strays = true;
      throw error;
    } finally {
      this.#claiming = false;
      if (this.#active === 0) this.#onQuiet();
    }
  }

  #roomOf(carrierId: string): { window: number; free: number } | undefined {
    const carrier = this.core.carriers.get(carrierId);
    if (carrier === undefined) return undefined;
    return { window: carrier.window, free: Math.max(0, carrier.window - (this.#underWay.get(carrierId) ?? 0)) };
  }

  /** Parts that were accepted in an earlier try, by text. */
  async #takenParts(rows: readonly ClaimedMessage[]): Promise<Map<string, number[]>> {
    const taken = new Map<string, number[]>();
    const begun = rows.filter((row) => row.begun);
    if (begun.length === 0) return taken;
    const parts = await this.core.db
      .selectFrom('message_parts')
      .select(['message_id', 'part'])
      .where(
        'message_id',
        'in',
        begun.map(({ id }) => id),
      )
      .where('status', '<>', 'unknown')
      .execute();
    for (const { message_id: id, part } of parts) taken.set(id, [...(taken.get(id) ?? []), part]);
    return taken;
  }

  /** Waits for the network, so it does not count as background work until there is something to write. */
  #handOver(row: MessageRow, what: Parameters<typeof submitText>[2]): void {
    const { taken } = what;
    const { parts, answered } = submitText(this.core, row, what);
    void answered
      // It must not reject. If it does, nobody knows what left.
      .catch((error: unknown): PartResult[] => parts.map(() => ({ kind: 'unknown', detail: String(error) })))
      .then((said) => {
        const results = said.map(storable);
        this.core.killPoint('message.submitted');
        return this.#accept(row, results, this.#results.add({ row, parts, results, begun: taken.length > 0 }));
      })
      .catch((error: unknown) => {
        this.core.log.error({ error: String(error), message: row.id }, 'what became of a text could not be written');
        // It may have left, so it must not go back into the queue.
        this.#hold(row.id, 1);
      })
      .finally(() => this.#finished(row));
  }

  async #write(handed: Handed[]): Promise<void> {
    const unsure = await writeResults(this.core, handed);
    this.core.killPoint('message.written');
    this.core.wake.deliveries();
    // Receipts may have come before the answers.
    await applyEarly(
      this.core,
      handed.flatMap(({ row, results }) =>
        results.flatMap((result) =>
          result.kind === 'accepted' && result.theirId !== undefined
            ? [{ carrierId: row.carrier_id ?? '', theirId: result.theirId }]
            : [],
        ),
      ),
    );
    await applyToUnknown(this.core, unsure);
  }

  /** What ended nobody waits for; that it cannot be written keeps nobody from being sent. */
  async #endExpired(): Promise<void> {
    const now = this.core.clock.now();
    if (now < this.#expiredAt + EXPIRED_EVERY_MS) return;
    this.#expiredAt = now;
    try {
      await endExpired(this.core);
    } catch (error) {
      this.core.log.warn({ error: String(error) }, 'texts that expired could not be ended');
    }
  }

  /** Remembers what was accepted until it is written. */
  #accept({ carrier_id: carrier }: MessageRow, results: readonly PartResult[], written: Promise<void>): Promise<void> {
    const keys = results.flatMap((result) =>
      result.kind === 'accepted' && result.theirId !== undefined ? [`${carrier} ${result.theirId}`] : [],
    );
    for (const key of keys) this.#accepted.set(key, written);
    return written.finally(() => {
      for (const key of keys) this.#accepted.delete(key);
    });
  }

  /** Receipts come soon: where the answer is known, and only not written yet, they wait for that. */
  async #report(receipts: readonly CarrierReceipt[]): Promise<void> {
    const answers = receipts.flatMap(({ carrierId, receipt }) => {
      const written = this.#accepted.get(`${carrierId} ${receipt.theirId}`);
      return written === undefined ? [] : [written];
    });
    await Promise.allSettled(answers);
    await recordReceipts(this.core, receipts);
  }

  #began({ id, carrier_id, segments }: MessageRow): void {
    this.#active += 1;
    this.#hold(id, 1);
    this.#underWay.set(carrier_id ?? '', (this.#underWay.get(carrier_id ?? '') ?? 0) + segments);
  }

  #finished({ id, carrier_id, segments }: MessageRow): void {
    this.#active -= 1;
    this.#hold(id, -1);
    this.#underWay.set(carrier_id ?? '', (this.#underWay.get(carrier_id ?? '') ?? 0) - segments);
    this.#loop.wake();
    if (this.#active === 0 && !this.#claiming) this.#onQuiet();
  }

  #hold(id: string, by: number): void {
    const times = (this.#held.get(id) ?? 0) + by;
    if (times > 0) this.#held.set(id, times);
    else this.#held.delete(id);
  }
}
