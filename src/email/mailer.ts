/** The port of e-mail: an adapter hands one letter to one person over to whoever carries it. */
export interface Mailer {
  /** Short and stable; shown to the operator (`smtp`). */
  readonly name: string;
  /** Never rejects, never hangs: adapters bound their own time. */
  send(mail: Mail): Promise<MailResult>;
  /** Waits for what is being sent. Idempotent; whoever sends later is refused. */
  close(): Promise<void>;
}

export interface Mail {
  /** Unique; of its Message-ID, so that a letter that is handed over twice can be told for the same. */
  id: string;
  at: Date;
  /** One address. */
  to: string;
  subject: string;
  /** Plain. */
  text: string;
  /** Where its reader gets no more of them: `List-Unsubscribe`, at one click (RFC 8058). */
  unsubscribeUrl?: string | undefined;
  /** One address. */
  replyTo?: string | undefined;
  attachment?: { name: string; type: string; bytes: Uint8Array } | undefined;
}

/** `isFinal`: refused for good, so that trying again is of no use. The sentence is for the operator. */
export type MailResult = { ok: true } | { ok: false; isFinal: boolean; error: string };
