import { readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { readRouting } from '#core/routing/index.js';
import { transcribeAudio } from '#core/speech/index.js';
import type { Mode } from '#core/tables.js';
import { untilWritten } from '#core/until-written.js';
import { queueNotices } from '#core/voicemail/message-notice.js';
import { tellMessage } from '#core/voicemail/tell-message.js';
import { WakeableLoop } from '#jobs/wakeable-loop.js';

const IDLE_MS = 5000;
/**
 * Until the next try, minutes; each is longer than a try takes, so that one that died with its process is tried again. The
 * last one is for the letter alone: then it goes without a transcript.
 */
const WAITS_MINUTES = [15, 30, 60] as const;

interface PendingMessage {
  id: string;
  account_id: string;
  mode: Mode;
  mailbox_id: number;
  file: string;
  transcribe_attempts: number;
}

type HearingCore = Pick<Core, 'db' | 'clock' | 'log' | 'background' | 'hearing' | 'readAudio' | 'recordings' | 'wake'>;

/** Writes down what was said in messages, one after the other; a message that cannot be heard ends as `failed`. */
export class VoicemailTranscriber {
  readonly #loop: WakeableLoop;

  constructor(private readonly core: HearingCore) {
    this.#loop = new WakeableLoop('write down voice messages', core, () => this.#next());
  }

  wake = (): void => this.#loop.wake();

  stop(): void {
    this.#loop.stop();
  }

  async #next(): Promise<number> {
    const message = await this.#claim();
    if (message === undefined) return IDLE_MS;
    await this.#hear(message);
    return 0;
  }

  async #claim(): Promise<PendingMessage | undefined> {
    const now = new Date(this.core.clock.now());
    const { rows } = await sql<PendingMessage>`
      update voice_messages set
        transcribe_attempts = transcribe_attempts + 1,
        transcribe_at = ${now}::timestamptz
          + (${[...WAITS_MINUTES]}::int[])[least(transcribe_attempts + 1, ${WAITS_MINUTES.length}::int)] * interval '1 minute'
      where id = (
        select id from voice_messages where transcription = 'pending' and transcribe_at <= ${now}
        order by transcribe_at limit 1 for update skip locked)
      returning id, account_id, mode, mailbox_id, file, transcribe_attempts`.execute(this.core.db);
    return rows[0];
  }

  async #hear(message: PendingMessage): Promise<void> {
    const { account_id: accountId, mode, mailbox_id, file, transcribe_attempts: attempts } = message;
    const { objects, settings } = await readRouting(this.core, { accountId, mode });
    try {
      if (attempts > WAITS_MINUTES.length) throw new CoreError('speech.failed', 'It was tried too often.');
      const bytes = await readFile(this.core.recordings.path(file));
      const { language } = settings;
      const { transcript } = await transcribeAudio(this.core, { accountId, mode, audio: { bytes }, language });
      await this.#end(message, objects.mailbox.get(mailbox_id), transcript);
    } catch (error) {
      const again = attempts < WAITS_MINUTES.length && !isFinal(error);
      this.core.log.warn({ message: message.id, error: String(error), again }, 'a voice message was not written down');
      if (!again) await this.#end(message, objects.mailbox.get(mailbox_id), undefined);
    }
  }

  /** With the letters that waited for it. */
  async #end(
    { id, account_id: accountId, mode }: PendingMessage,
    mailbox: { name: string; emails: string[]; attachAudio: boolean } | undefined,
    transcript: string | undefined,
  ): Promise<void> {
    await untilWritten(this.core, async (tx) => {
      const at = new Date(this.core.clock.now());
      const row = await tx
        .updateTable('voice_messages')
        .set({
          transcript: transcript ?? null,
          transcription: transcript === undefined ? 'failed' : 'done',
          transcribe_at: null,
          updated_at: at,
        })
        .where('id', '=', id)
        .where('transcription', '=', 'pending')
        .returningAll()
        .executeTakeFirst();
      // Deleted meanwhile, or another process was quicker.
      if (row === undefined) return;
      await tellMessage(tx, row, mailbox?.name, at);
      if (mailbox === undefined) return;
      await queueNotices(tx, { accountId, mode }, mailbox, row, at);
    });
    this.core.wake.deliveries();
    this.core.wake.emails();
  }
}

/** Trying again changes nothing: the file cannot be read, or there is no money for it. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof CoreError)) return (error as NodeJS.ErrnoException).code === 'ENOENT';
  return ['speech.bad_input', 'speech.not_configured', 'wallet.insufficient_funds'].includes(error.code);
}
