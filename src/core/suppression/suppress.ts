import type { Transaction } from 'kysely';
import { readOutreachPolicy } from '#core/accounts/index.js';
import { newId } from '#core/ids.js';
import type { SecretBox } from '#core/secret-box.js';
import { addressHash } from '#core/suppression/address-hash.js';
import {
  toSuppression,
  type Channel,
  type OptOutChannel,
  type OptOutScope,
  type OptOutSource,
  type Suppression,
  type SuppressionOwner,
} from '#core/suppression/suppression.js';
import type { Tables } from '#core/tables.js';

export interface NewSuppression extends SuppressionOwner {
  /** E.164. */
  address: string;
  source: OptOutSource;
  /** Default: `outreach`. */
  scope?: OptOutScope;
  /** Default: voice and SMS, or that of the call or text alone where the account says so (rule 3). */
  channel?: OptOutChannel;
  reason?: string | undefined;
  callId?: string;
  messageId?: string;
  /** Free words that somebody has to look at. */
  reviewText?: string;
  at: Date;
}

const HEARD_ON: Partial<Record<OptOutSource, Channel>> = { key: 'voice', text: 'sms', free_text: 'sms' };

/** Records an opt-out. Undefined when the person had opted out of the same already. */
export async function suppress(
  tx: Transaction<Tables>,
  secrets: Pick<SecretBox, 'derive'>,
  input: NewSuppression,
): Promise<Suppression | undefined> {
  const row = await tx
    .insertInto('suppressions')
    .values({
      id: newId('sup', input.at.getTime()),
      account_id: input.accountId,
      mode: input.mode,
      address: input.address,
      address_hash: addressHash(secrets)(input.address),
      scope: input.scope ?? 'outreach',
      channel: input.channel ?? (await usualChannel(tx, input)),
      source: input.source,
      reason: input.reason ?? null,
      call_id: input.callId ?? null,
      message_id: input.messageId ?? null,
      review_text: input.reviewText ?? null,
      created_at: input.at,
      lifted_at: null,
      lifted_reason: null,
    })
    // By its address or by its hash.
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? undefined : toSuppression(row);
}

async function usualChannel(
  tx: Transaction<Tables>,
  { accountId, source }: Pick<NewSuppression, 'accountId' | 'source'>,
): Promise<OptOutChannel> {
  const heardOn = HEARD_ON[source];
  if (heardOn === undefined) return 'all';
  return (await readOutreachPolicy(tx, accountId)).optOutChannels === 'same' ? heardOn : 'all';
}
