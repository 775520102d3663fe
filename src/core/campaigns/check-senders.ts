import { callerNameOf, readOutreachPolicy } from '#core/accounts/index.js';
import { bad, type CampaignPlan } from '#core/campaigns/check-campaign.js';
import type { CampaignOwner, CampaignRow } from '#core/campaigns/campaign.js';
import type { Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { unregisteredAmong } from '#core/registrations/index.js';

/** Whether the senders are the account's, and of a kind for the channel. @throws CoreError `campaign.sender_not_owned`, `campaign.bad_input` */
export async function checkSenders(db: Db, input: CampaignPlan): Promise<void> {
  const owned = await db
    .selectFrom('numbers')
    .select(['number', 'kind'])
    .where('account_id', '=', input.accountId)
    .where('mode', '=', input.mode)
    .where('number', 'in', [...input.senders])
    .execute();
  for (const sender of input.senders) {
    const number = owned.find((row) => row.number === sender);
    if (number === undefined) {
      throw new CoreError(
        'campaign.sender_not_owned',
        `${sender} is not a ${input.mode} number of this account. Add it with: sidetone numbers add ${sender}`,
        { field: 'from' },
      );
    }
    if (input.channel === 'voice' && number.kind !== 'e164') throw bad('from', `Calls cannot come from ${sender}.`);
  }
}

type Speaking = CampaignOwner & Pick<CampaignPlan, 'channel' | 'purpose' | 'senders'>;

/** A campaign's row as the checks of who speaks take it. */
export function speakingOf(
  row: Pick<CampaignRow, 'account_id' | 'mode' | 'channel' | 'purpose' | 'senders'>,
): Speaking {
  const { account_id: accountId, mode, channel, purpose, senders } = row;
  return { accountId, mode, channel, purpose, senders };
}

/**
 * Whether it may speak in its own name: a marketing call says who calls (rule 5), and texts come from registered numbers
 * where the account asks for that (rule 6). Gives what speaks against it and does not stop it.
 * @throws CoreError `campaign.no_caller_name`, `campaign.sender_not_registered`
 */
export async function checkSpeaker(db: Db, speaking: Speaking): Promise<string[]> {
  const { accountId, channel, purpose } = speaking;
  if (channel === 'voice') {
    if (purpose === 'marketing' && (await callerNameOf(db, accountId)) === undefined) {
      throw new CoreError('campaign.no_caller_name', NO_CALLER_NAME, { field: 'purpose' });
    }
    return [];
  }
  const { unregistered, isRefused } = await findUnregistered(db, speaking);
  const [first] = unregistered;
  if (first === undefined) return [];
  const sentences = unregistered.map(
    (sender) =>
      `${sender} belongs to no active registration: networks of the United States block or charge such texts. See: sidetone registrations`,
  );
  if (isRefused) throw new CoreError('campaign.sender_not_registered', sentences[0] ?? '', { field: 'from' });
  return sentences;
}

export const NO_CALLER_NAME =
  'A marketing call says first who is calling, and the account has no name of its own yet: sidetone accounts set-policy caller_name "YOUR NAME"';

/** Senders that are US long codes without an active registration, and whether the account lets none of those send. */
export async function findUnregistered(
  db: Db,
  { accountId, mode, senders }: Pick<Speaking, 'accountId' | 'mode' | 'senders'>,
): Promise<{ unregistered: string[]; isRefused: boolean }> {
  const unregistered = [...(await unregisteredAmong(db, { accountId, mode, senders }))];
  const isRefused = unregistered.length > 0 && (await readOutreachPolicy(db, accountId)).unregistered === 'refuse';
  return { unregistered, isRefused };
}
