import { openCapturedMail } from '#email/captured.js';
import type { Mailer } from '#email/mailer.js';
import { openSmtp, type SmtpOptions } from '#email/smtp.js';

/** As the configuration says; undefined: nothing is sent. */
export type MailSettings = ({ by: 'smtp' } & SmtpOptions) | { by: 'captured'; folder: string; from: string };

export function openMail(settings: MailSettings | undefined): Mailer | undefined {
  if (settings === undefined) return undefined;
  return settings.by === 'smtp' ? openSmtp(settings) : openCapturedMail(settings);
}
