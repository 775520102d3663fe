import { sql, type Kysely } from 'kysely';
import type { Purpose } from '#core/purpose.js';
import type { SecretBox } from '#core/secret-box.js';
import { addressHash } from '#core/suppression/address-hash.js';
import type { Channel, OptOutScope } from '#core/suppression/suppression.js';
import type { Mode, Tables } from '#core/tables.js';

/** Which entries of the ledger stop a call or text of this purpose (rule 3); an empty list: none does. */
export function stoppingScopes(purpose: Purpose, channel: Channel = 'voice'): OptOutScope[] {
  switch (purpose) {
    case 'marketing':
      return ['marketing', 'outreach', 'all'];
    case 'transactional':
      return ['outreach', 'all'];
    case 'person':
      // Somebody of ours may still call, but not write.
      return channel === 'sms' ? ['outreach', 'all'] : ['all'];
    case 'verification':
      return ['all'];
    case 'emergency':
    case 'internal_leg':
      return [];
  }
}

export interface SuppressionQuestion {
  accountId: string;
  mode: Mode;
  purpose: Purpose;
  /** Default: voice. */
  channel?: Channel;
}

/** Whether the ledger stops a call or text of this purpose to this address now. Asked at every dial and sending. */
export async function isSuppressed(
  db: Kysely<Tables>,
  secrets: Pick<SecretBox, 'derive'>,
  { address, ...question }: SuppressionQuestion & { address: string },
): Promise<boolean> {
  return (await suppressedAmong(db, secrets, { ...question, addresses: [address] })).size > 0;
}

/** Those of the addresses that the ledger stops, in one statement; give it thousands at most at once. */
export async function suppressedAmong(
  db: Kysely<Tables>,
  secrets: Pick<SecretBox, 'derive'>,
  { accountId, mode, addresses, ...why }: SuppressionQuestion & { addresses: readonly string[] },
): Promise<Set<string>> {
  const asked = addresses.map((address) => ({ accountId, mode, address }));
  return new Set((await suppressedOf(db, secrets, why, asked)).map(({ address }) => address));
}

/** The same for people of many accounts: those whom their account's ledger stops. */
export async function suppressedOf<Asked extends { accountId: string; mode: Mode; address: string }>(
  db: Kysely<Tables>,
  secrets: Pick<SecretBox, 'derive'>,
  { purpose, channel = 'voice' }: Pick<SuppressionQuestion, 'purpose' | 'channel'>,
  people: readonly Asked[],
): Promise<Asked[]> {
  const scopes = stoppingScopes(purpose, channel);
  if (scopes.length === 0 || people.length === 0) return [];
  const hash = addressHash(secrets);
  // Entries of before there were hashes have the address alone, those of erased people the hash alone.
  const { rows } = await sql<{ place: number }>`
    select a.place::integer - 1 as place
    from unnest(
      ${people.map(({ accountId }) => accountId)}::text[], ${people.map(({ mode }) => mode)}::text[],
      ${people.map(({ address }) => address)}::text[], ${people.map(({ address }) => hash(address))}::bytea[]
    ) with ordinality as a (account_id, mode, address, hash, place)
    where exists (
      select from suppressions s
      where s.account_id = a.account_id and s.mode = a.mode and (s.address = a.address or s.address_hash = a.hash)
        and s.scope = any(${scopes}::text[]) and s.channel in ('all', ${channel}) and s.lifted_at is null)
  `.execute(db);
  return rows.flatMap(({ place }) => people[place] ?? []);
}
