import { sql } from 'kysely';
import type { Core } from '#core/core.js';
import { emailRetryMs } from '#core/emails/retry-schedule.js';
import type { Mode } from '#core/tables.js';
import { untilWritten } from '#core/until-written.js';
import type { MailResult } from '#email/mailer.js';
import { ClaimingLoop } from '#jobs/claiming-loop.js';

/** Handed over at once, by one process. */
const IN_FLIGHT = 4;
const IDLE_MS = 5000;
const ERROR_CHARACTERS = 500;

interface DueEmail {
  id: string;
  to_address: string;
  subject: string;
  body: string;
  attachment_file: string | null;
  attachment_name: string | null;
  attempts: number;
  created_at: Date;
  mode: Mode;
  unsubscribe_url: string | null;
  reply_to: string | null;
}

type CourierCore = Pick<Core, 'db' | 'clock' | 'log' | 'background' | 'node' | 'mail' | 'recordings' | 'encodeAudio'>;

/**
 * Hands letters to the mail server and tries again with growing waits, to an end. A process that dies while it does so may
 * have handed one over: it is handed over again, under the same Message-ID.
 */
export class EmailCourier {
  readonly #loop: ClaimingLoop<DueEmail>;

  constructor(private readonly core: CourierCore) {
    this.#loop = new ClaimingLoop(core, {
      names: { claim: 'claim e-mails', work: 'send an e-mail' },
      most: IN_FLIGHT,
      idleMs: IDLE_MS,
      claim: (at, room) => this.#claim(at, room),
      nextAt: (at) => this.#nextAt(at),
      work: async (email) => this.#record(email, await this.#hand(email)),
    });
  }

  wake = (): void => this.#loop.wake();

  /** Claims nothing more; what is in flight is the background's to wait for. */
  stop(): void {
    this.#loop.stop();
  }

  async #claim(at: Date, room: number): Promise<DueEmail[]> {
    const { rows } = await sql<DueEmail>`
      with due as (
        select id from emails where status = 'pending' and node_id is null and next_at <= ${at}
        order by next_at limit ${room} for update skip locked
      )
      update emails set node_id = ${this.core.node} from due where emails.id = due.id
      returning emails.*`.execute(this.core.db);
    return rows;
  }

  async #nextAt(at: Date): Promise<Date | null | undefined> {
    const next = await this.core.db
      .selectFrom('emails')
      .select(({ fn }) => fn.min('next_at').as('at'))
      .where('status', '=', 'pending')
      .where('node_id', 'is', null)
      .where('next_at', '>', at)
      .executeTakeFirst();
    return next?.at;
  }

  async #hand(email: DueEmail): Promise<MailResult> {
    const { mail } = this.core;
    // Test mode says all of it as live mode does, and tells nobody (rule 20).
    if (email.mode === 'test') return { ok: true };
    if (mail === undefined) {
      return { ok: false, isFinal: true, error: 'No mail server is configured (SIDETONE_SMTP_URL).' };
    }
    try {
      return await mail.send({
        id: email.id,
        at: email.created_at,
        to: email.to_address,
        subject: email.subject,
        text: email.body,
        attachment: await this.#attachment(email),
        unsubscribeUrl: email.unsubscribe_url ?? undefined,
        replyTo: email.reply_to ?? undefined,
      });
    } catch (error) {
      return { ok: false, isFinal: false, error: String(error) };
    }
  }

  /** As MP3: a tenth of the file, which many a mail server would find too large. A file that is gone is left out. */
  async #attachment({ attachment_file: file, attachment_name: name }: DueEmail) {
    if (file === null) return undefined;
    const pcm = await this.core.recordings.read(file).catch(() => undefined);
    if (pcm === undefined) return undefined;
    const bytes = await this.core.encodeAudio({ pcm, rate: 8000 }, 'mp3');
    return { name: `${name ?? 'sound'}.mp3`, type: 'audio/mpeg', bytes };
  }

  /** What has ended keeps to whom and when, and not what it said. */
  async #record(email: DueEmail, result: MailResult): Promise<void> {
    const now = this.core.clock.now();
    const attempts = email.attempts + 1;
    const retryMs = result.ok || result.isFinal ? undefined : emailRetryMs(attempts);
    const error = result.ok ? null : result.error.slice(0, ERROR_CHARACTERS);
    await untilWritten(this.core, async (tx) => {
      await tx
        .updateTable('emails')
        .set({
          attempts,
          error,
          node_id: null,
          ...(retryMs === undefined
            ? {
                ...{ status: result.ok ? 'sent' : 'failed', next_at: null, ended_at: new Date(now) },
                ...{ subject: '', body: '', attachment_file: null, attachment_name: null, unsubscribe_url: null },
              }
            : { next_at: new Date(now + retryMs) }),
        })
        .where('id', '=', email.id)
        .execute();
    });
    if (!result.ok)
      this.core.log.warn({ email: email.id, error, again: retryMs !== undefined }, 'an e-mail was not sent');
  }
}
