import { readOutreachPolicy } from '#core/accounts/index.js';
import { costOf, findWallet, priceOf } from '#core/billing/index.js';
import { allowedAmong } from '#core/calls/index.js';
import { carriersFor, reaches, readCarriers, withMedia, type CarrierWay } from '#core/carriers/index.js';
import type { Core, Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { chooseSenders } from '#core/messages/choose-senders.js';
import type { ReadyText, RefusedText, SendTexts, TextRefusal } from '#core/messages/new-text.js';
import { withinStage } from '#core/numbers/index.js';
import { unregisteredAmong } from '#core/registrations/index.js';
import { suppressedAmong } from '#core/suppression/index.js';

const UNIT = 'sms_segment';

/** A text with the sender that was chosen for it. */
export type SendableText = ReadyText & { from: string; warnings: string[] };

/**
 * Which texts may be sent now, and why not the others: the outbound rule (rule 12), opt-outs (rule 3), and whether any
 * carrier leads there. A few statements, however many texts.
 */
export async function checkTexts(
  core: Pick<Core, 'secrets' | 'settings'>,
  db: Db,
  input: SendTexts,
  texts: readonly ReadyText[],
): Promise<{ sendable: SendableText[]; refused: RefusedText[] }> {
  const sendable: SendableText[] = [];
  const refused: RefusedText[] = [];
  if (texts.length === 0) return { sendable, refused };
  const { accountId, mode, senders, purpose = 'transactional' } = input;
  const addresses = texts.map(({ to }) => to);
  const allowed = await allowedAmong(db, { accountId, mode, numbers: addresses });
  const suppressed = await suppressedAmong(db, core.secrets, { accountId, mode, purpose, channel: 'sms', addresses });
  const within = await withinStage(db, { accountId, mode, numbers: addresses });
  const senderOf = await chooseSenders(db, { accountId, mode, senders, recipients: addresses });
  const unregistered = await unregisteredAmong(db, { accountId, mode, senders });
  const refusing = unregistered.size > 0 && (await readOutreachPolicy(db, accountId)).unregistered === 'refuse';
  const carriers = mode === 'live' ? await readCarriers(db) : [];
  for (const text of texts) {
    const { to, index } = text;
    const from = senderOf(to);
    const ways = mode === 'test' ? undefined : carriersFor(carriers, { accountId, from, to, tried: [] });
    const warning = unregistered.has(from) && to.startsWith('+1') ? unregisteredSender(from) : undefined;
    const stopped = refusalOf(to, {
      allowed: allowed.has(to),
      verified: within.has(to),
      suppressed: suppressed.has(to),
      carried: ways === undefined || ways.length > 0,
    });
    const uncarried = ways === undefined ? undefined : mediaRefusal(core, input, ways);
    const error = stopped ?? uncarried ?? (refusing ? warning : undefined);
    if (error === undefined) sendable.push({ ...text, from, warnings: warning === undefined ? [] : [warning.message] });
    else refused.push({ index, to, error });
  }
  return { sendable, refused };
}

function unregisteredSender(from: string): TextRefusal {
  return {
    code: 'message.sender_not_registered',
    message: `${from} belongs to no active registration: networks of the United States block or charge such texts. See: sidetone registrations`,
    field: 'from',
  };
}

/** Why its pictures and files cannot go with a text. */
function mediaRefusal(
  { settings }: Pick<Core, 'settings'>,
  { attachments = [] }: Pick<SendTexts, 'attachments'>,
  ways: readonly CarrierWay[],
): TextRefusal | undefined {
  const refuse = (message: string): TextRefusal => ({ code: 'message.no_carrier', message, field: 'attachments' });
  if (attachments.length === 0) return undefined;
  const able = withMedia(ways, attachments.length);
  if (able.length === 0) {
    return refuse('No carrier of this account that leads there takes pictures and files. See: docs/carriers.md');
  }
  if (able.some((way) => reaches(way, settings.publicUrl))) return undefined;
  return refuse(
    `Carriers fetch pictures and files from this server, and cannot reach ${settings.publicUrl}: set SIDETONE_PUBLIC_URL.`,
  );
}

function refusalOf(
  to: string,
  { allowed, verified, suppressed, carried }: Record<'allowed' | 'verified' | 'suppressed' | 'carried', boolean>,
): TextRefusal | undefined {
  const refuse = (code: TextRefusal['code'], message: string): TextRefusal => ({ code, message, field: 'to' });
  if (!allowed) {
    return refuse(
      'message.destination_not_allowed',
      `Texts to ${to} are not allowed: allowed are the countries of the account's own numbers, without premium rates.`,
    );
  }
  if (!verified) {
    return refuse(
      'message.not_verified',
      `This account is in development and reaches verified numbers only. Verify this one with: sidetone numbers verify ${to}`,
    );
  }
  if (suppressed) {
    return refuse('message.recipient_suppressed', `${to} opted out of calls and texts from this account.`);
  }
  if (!carried) {
    return refuse('message.no_carrier', `No carrier leads to ${to}. Add one with: sidetone carriers add`);
  }
  return undefined;
}

/**
 * Whether the balance pays for every segment.
 * @throws CoreError `wallet.insufficient_funds`
 */
export async function checkFunds(
  db: Db,
  { accountId, mode }: Pick<SendTexts, 'accountId' | 'mode'>,
  texts: readonly ReadyText[],
): Promise<void> {
  const segments = texts.reduce((sum, text) => sum + text.segments, 0);
  if (mode !== 'live' || segments === 0) return;
  const { metering, balance } = await findWallet({ db }, accountId);
  if (metering === 'off' || balance >= costOf(await priceOf(db, accountId, UNIT), segments)) return;
  throw new CoreError(
    'wallet.insufficient_funds',
    `The balance of the account does not pay for ${segments} ${segments === 1 ? 'segment' : 'segments'} of text.`,
  );
}
