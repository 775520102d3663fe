import type { Core } from '#core/core.js';
import type { Check } from '#core/doctor/run-checks.js';
import { readRouting } from '#core/routing/index.js';

/** Whether those who want to hear of voice messages by e-mail do. */
export async function checkMail(core: Pick<Core, 'db' | 'mail'>, accountId: string): Promise<Check> {
  const name = 'e-mail';
  if (core.mail !== undefined)
    return { name, status: 'ok', message: 'Letters are sent by the configured mail server.' };
  const { objects } = await readRouting(core, { accountId, mode: 'live' });
  const hushed = [...objects.mailbox.values()].filter(({ emails }) => emails.length > 0).map((mailbox) => mailbox.name);
  const waiting = hushed.length === 0 ? '' : ` Nobody is told of messages in: ${hushed.join(', ')}.`;
  return {
    name,
    status: hushed.length === 0 ? 'ok' : 'warn',
    message: `No mail server is configured, so no letters are sent: set SIDETONE_SMTP_URL and start again.${waiting}`,
  };
}
