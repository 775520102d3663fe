import { Readable } from 'node:stream';
import type { Transaction } from 'kysely';
import {
  ATTACHMENT_LIMITS,
  attachmentsOf,
  claimExpected,
  endExpected,
  isExpecting,
  kindOf,
  nextExpected,
  type ExpectedAttachment,
} from '#core/attachments/index.js';
import type { Core, FetchedFile } from '#core/core.js';
import { lastOutreach } from '#core/messages/last-outreach.js';
import type { MessageRow } from '#core/messages/message.js';
import { pairOf, touchConversation } from '#core/messages/note-conversations.js';
import { showsFiles, tellReceived } from '#core/messages/tell-received.js';
import type { Tables } from '#core/tables.js';
import { untilWritten } from '#core/until-written.js';
import { ClaimingLoop } from '#jobs/claiming-loop.js';

/** Fetched at once, by one process, and of one origin; one that does not answer holds up only its own. */
const IN_FLIGHT = 16;
const PER_ORIGIN = 4;
const IDLE_MS = 5000;

type FetchingCore = Pick<
  Core,
  'db' | 'clock' | 'log' | 'background' | 'carriers' | 'dialects' | 'fetchFile' | 'uploads' | 'wake' | 'killPoint'
>;

/**
 * Fetches pictures and files that came with texts from the carrier that keeps them, and tells those that show them of a
 * text once all of it is here, or was tried often enough.
 */
export class AttachmentFetcher {
  readonly #loop: ClaimingLoop<ExpectedAttachment>;

  constructor(private readonly core: FetchingCore) {
    this.#loop = new ClaimingLoop(core, {
      names: { claim: 'claim attachments', work: 'fetch an attachment' },
      most: IN_FLIGHT,
      idleMs: IDLE_MS,
      claim: (at, most, busy) => claimExpected(core.db, at, { most, perOrigin: PER_ORIGIN, busy }),
      nextAt: (at) => nextExpected(core.db, at),
      work: (one) => this.#fetch(one),
      originOf: ({ origin }) => origin,
    });
  }

  wake = (): void => this.#loop.wake();

  /** Claims nothing more; what is in flight is the background's to wait for. */
  stop(): void {
    this.#loop.stop();
  }

  async #fetch(one: ExpectedAttachment): Promise<void> {
    const fetched = await this.#get(one);
    this.core.killPoint('attachment.fetched');
    if (fetched.ok) return this.#keep(one, fetched);
    const again = !fetched.isFinal && !one.isLast;
    this.core.log.warn({ message: one.messageId, error: fetched.error, again }, 'a file of a text was not fetched');
    if (!again) await this.#end(one, fetched);
  }

  async #keep(one: ExpectedAttachment, fetched: FetchedFile & { ok: true }): Promise<void> {
    try {
      await this.#end(one, fetched);
    } catch (error) {
      // The disk is full. Its text is told of without it, rather than never.
      if (!one.isLast) throw error;
      this.core.log.error({ message: one.messageId, error: String(error) }, 'a file of a text could not be kept');
      await this.#end(one, { ok: false, error: String(error), isFinal: true });
    }
  }

  /** The sandbox's files are in their addresses: nothing of it leaves the machine. */
  async #get({ url, carrierId }: ExpectedAttachment): Promise<FetchedFile> {
    const data = /^data:([^;,]*);base64,(.*)$/.exec(url);
    if (data !== null) return { ok: true, bytes: Buffer.from(data[2] ?? '', 'base64'), type: data[1] };
    const headers = this.core.carriers.get(carrierId ?? '')?.fileHeaders?.(url) ?? {};
    return this.core.fetchFile({ url, headers, maxBytes: ATTACHMENT_LIMITS.bytes });
  }

  /** With the row of the text locked: whoever deletes it meanwhile waits, and then finds the file. */
  async #end({ id, messageId, file, mediaType }: ExpectedAttachment, fetched: FetchedFile): Promise<void> {
    await untilWritten(this.core, async (tx) => {
      const at = new Date(this.core.clock.now());
      const row = await heldText(tx, messageId);
      if (row === undefined) return;
      const end = fetched.ok
        ? { status: 'kept' as const, mediaType: typeOf(fetched, mediaType), bytes: fetched.bytes.length }
        : { status: 'failed' as const, error: fetched.error };
      // Gone meanwhile, or another process was quicker.
      if (!(await endExpected(tx, id, end))) return;
      if (fetched.ok) await this.core.uploads.write(file, Readable.from([fetched.bytes]), ATTACHMENT_LIMITS.bytes);
      this.core.killPoint('attachment.filed');
      await tx.updateTable('messages').set({ changed_at: at }).where('id', '=', messageId).execute();
      if (!(await isExpecting(tx, messageId))) await tellWhole(this.core, tx, row, at);
      await touchConversation(tx, pairOf(row), at);
    });
    this.core.wake.deliveries();
  }
}

function heldText(tx: Transaction<Tables>, id: string): Promise<MessageRow | undefined> {
  return tx
    .selectFrom('messages')
    .selectAll()
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
}

async function tellWhole(core: FetchingCore, tx: Transaction<Tables>, row: MessageRow, at: Date): Promise<void> {
  const { account_id: accountId, mode, from_address: person, to_address: number, created_at: cameAt } = row;
  const answered = await lastOutreach(tx, { accountId, mode, person, number, at: cameAt });
  const attachments = (await attachmentsOf(tx, [row])).get(row.id) ?? [];
  await tellReceived(tx, row, { answered, attachments, hears: showsFiles(core) }, at);
}

/** What its bytes say; where they say nothing, what the carrier did, and then whoever sent the file. */
function typeOf({ bytes, type }: { bytes: Uint8Array; type: string | undefined }, told: string): string {
  const unknown = 'application/octet-stream';
  return kindOf(bytes)?.type ?? (told === unknown ? (type ?? unknown) : told);
}
