import { sql } from 'kysely';
import { campaignRow } from '#core/campaigns/find-campaign.js';
import type { CampaignOwner } from '#core/campaigns/campaign.js';
import type { Core, Db } from '#core/core.js';

/** Somebody of a campaign, and what became of them. */
export interface Recipient {
  position: number;
  phone: string;
  contactId: string | undefined;
  status: 'waiting' | 'active' | 'done' | 'skipped';
  outcome: string | undefined;
  reason: string | undefined;
  tries: number;
  dueAt: Date | undefined;
  endedAt: Date | undefined;
  /** The call or text of the last try. */
  lastId: string | undefined;
  variables: Record<string, string>;
  metadata: Record<string, unknown> | undefined;
}

export interface RecipientFilter {
  status?: Recipient['status'] | undefined;
  outcome?: string | undefined;
  phone?: string | undefined;
  /** Continue after this position. */
  after?: number | undefined;
  limit: number;
}

/** In the order of the campaign. @throws CoreError `campaign.not_found` */
export async function listRecipients(
  core: Pick<Core, 'db'>,
  owner: CampaignOwner,
  id: string,
  filter: RecipientFilter,
): Promise<{ recipients: Recipient[]; next: number | undefined }> {
  await campaignRow(core.db, owner, id);
  const rows = await readPage(core.db, id, { ...filter, limit: filter.limit + 1 });
  const recipients = rows.slice(0, filter.limit);
  return { recipients, next: rows.length > filter.limit ? recipients.at(-1)?.position : undefined };
}

const EXPORT_PAGE = 2000;

/** All of them in order, read page by page. @throws CoreError `campaign.not_found`, before the first */
export async function exportRecipients(
  core: Pick<Core, 'db'>,
  owner: CampaignOwner,
  id: string,
  filter: Omit<RecipientFilter, 'limit' | 'after'>,
): Promise<AsyncGenerator<Recipient>> {
  await campaignRow(core.db, owner, id);
  return readAll(core.db, id, filter);
}

async function* readAll(db: Db, id: string, filter: Omit<RecipientFilter, 'limit' | 'after'>) {
  for (let after = 0; ;) {
    const page = await readPage(db, id, { ...filter, after, limit: EXPORT_PAGE });
    yield* page;
    if (page.length < EXPORT_PAGE) return;
    after = page.at(-1)?.position ?? after;
  }
}

async function readPage(db: Db, id: string, { status, outcome, phone, after, limit }: RecipientFilter) {
  let query = db.selectFrom('campaign_recipients').selectAll().where('campaign_id', '=', id);
  if (status !== undefined) query = query.where('status', '=', status);
  if (outcome !== undefined) query = query.where('outcome', '=', outcome);
  if (phone !== undefined) query = query.where('phone', '=', phone);
  if (after !== undefined) query = query.where('position', '>', after);
  const rows = await query.orderBy('position').limit(limit).execute();
  return rows.map((row): Recipient => ({
    position: row.position,
    phone: row.phone,
    contactId: row.contact_id ?? undefined,
    status: row.status,
    outcome: row.outcome ?? undefined,
    reason: row.reason ?? undefined,
    tries: row.tries,
    dueAt: row.due_at ?? undefined,
    endedAt: row.ended_at ?? undefined,
    lastId: row.last_id ?? undefined,
    variables: row.variables,
    metadata: row.metadata ?? undefined,
  }));
}

/** The ids of a campaign's calls or texts, in the order of its recipients; `after`: `position.try` of the page before. */
export async function listTries(
  core: Pick<Core, 'db'>,
  owner: CampaignOwner,
  id: string,
  page: { after?: { position: number; try: number } | undefined; limit: number },
): Promise<{ ids: string[]; next: { position: number; try: number } | undefined; channel: 'voice' | 'sms' }> {
  const { channel } = await campaignRow(core.db, owner, id);
  const { position, try: tried } = page.after ?? { position: 0, try: 0 };
  const { rows } = await sql<{ id: string; recipient: number; try: number }>`
    select id, recipient, try from ${sql.table(channel === 'voice' ? 'calls' : 'messages')}
    where campaign_id = ${id} and (recipient, try) > (${position}::integer, ${tried}::smallint)
    order by recipient, try limit ${page.limit + 1}`.execute(core.db);
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  const next = rows.length > page.limit && last !== undefined ? { position: last.recipient, try: last.try } : undefined;
  return { ids: shown.map((row) => row.id), next, channel };
}
