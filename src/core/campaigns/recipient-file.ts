import { sql } from 'kysely';
import { CAMPAIGN_LIMITS, type CampaignRow } from '#core/campaigns/campaign.js';
import { recipientProblem } from '#core/campaigns/check-recipients.js';
import { fieldsOf } from '#core/campaigns/recipient-message.js';
import { firstDue } from '#core/campaigns/recipient-rows.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { CheckedRow, Row, RowRun, RowSink } from '#core/imports/index.js';

/** The recipients of a campaign out of a file: `phone`, `time_zone`, `consent`, and a column for each field. */
export function recipientRows(core: Pick<Core, 'clock' | 'wake'>): RowSink {
  return {
    columns: ['time_zone', 'consent'],
    async begin({ db }, job, columns): Promise<RowRun> {
      const campaign = await db
        .selectFrom('campaigns')
        .selectAll()
        .where('id', '=', job.targetId ?? '')
        .executeTakeFirst();
      if (campaign === undefined) throw new CoreError('campaign.not_found', 'The campaign is gone.');
      const fields = fieldsOf(campaign.content);
      const missing = fields.find((field) => !known(field, campaign, columns));
      if (missing !== undefined) {
        throw new CoreError('campaign.bad_input', `The message uses {${missing}}, and the file has no such column.`);
      }
      return {
        check: (row) => check(campaign, fields, row, new Date(core.clock.now())),
        async apply(tx) {
          const locked = await tx
            .selectFrom('campaigns')
            .selectAll()
            .where('id', '=', campaign.id)
            .forUpdate()
            .executeTakeFirst();
          if (locked === undefined) throw new CoreError('campaign.not_found', 'The campaign is gone.');
          const { numAffectedRows = 0n } = await sql`
            insert into campaign_recipients (campaign_id, position, phone, variables, time_zone, consent, status, due_at)
            select ${campaign.id}, row_number() over (order by line), phone, data -> 'variables', data ->> 'timeZone',
              data ->> 'consent', 'waiting', (data ->> 'dueAt')::timestamptz
            from import_rows where import_id = ${job.id}`.execute(tx);
          const over = locked.status === 'canceled' || locked.status === 'completed';
          await tx
            .updateTable('campaigns')
            .set({
              recipients: Number(numAffectedRows),
              loading: false,
              ...(locked.status === 'draft' ? {} : { next_at: new Date(core.clock.now()) }),
              ...(over ? {} : { reason: null }),
            })
            .where('id', '=', campaign.id)
            .execute();
          return { created: Number(numAffectedRows), changed: 0 };
        },
        applied: () => core.wake.campaigns(),
      };
    },
  };
}

function known(field: string, { content }: CampaignRow, columns: readonly string[]): boolean {
  const names = [...columns, ...Object.keys(content.variables ?? {})];
  return names.some((name) => name.toLowerCase() === field.toLowerCase());
}

/** Of the file: `variables.NAME` stands under NAME. */
function columnOf(field: string): string {
  return field === 'timeZone' ? 'time_zone' : field.replace(/^variables\./, '');
}

function check(campaign: CampaignRow, fields: readonly string[], row: Row, at: Date): CheckedRow {
  const { phone = '', time_zone, consent } = row;
  const used = Object.entries(row).filter(([name]) =>
    fields.some((field) => field.toLowerCase() === name.toLowerCase()),
  );
  // An empty cell says nothing: what holds for everybody does.
  const variables = Object.fromEntries(used.filter(([, value]) => value !== ''));
  const recipient = {
    phone,
    variables,
    timeZone: time_zone === '' ? undefined : time_zone,
    consent: consent === '' ? undefined : consent?.slice(0, CAMPAIGN_LIMITS.consentCharacters),
  };
  const problem = recipientProblem({ ...campaign.content, channel: campaign.channel }, recipient, [...fields]);
  if (problem !== undefined) return { refused: problem.message, column: columnOf(problem.field) };
  const { starts_at: startsAt, ends_at: endsAt } = campaign;
  const dueAt = firstDue(campaign.calling_hours, recipient, startsAt !== null && startsAt > at ? startsAt : at);
  if (dueAt === undefined || (endsAt !== null && dueAt >= endsAt)) {
    return { refused: 'The calling hours never open for this number in time.', column: 'phone' };
  }
  return { phone, data: { variables, timeZone: recipient.timeZone, consent: recipient.consent, dueAt } };
}
