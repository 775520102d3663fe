import { sql, type Transaction } from 'kysely';
import { recordAudit } from '#core/accounts/index.js';
import { checkFlow, numberingOf, type FlowConfiguration, type FlowProblem } from '#core/call-flow/index.js';
import type { Core, Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { tellMailboxChanged } from '#core/mailbox-changes.js';
import { readKeptRouting } from '#core/routing/read-routing.js';
import type { RoutingChange, RoutingOwner } from '#core/routing/routing-change.js';
import { inUse, RoutingDraft } from '#core/routing/routing-draft.js';
import type { Tables } from '#core/tables.js';

export interface ChangeRouting extends RoutingOwner {
  /** Who: `cli`, or the id of a key or a user. */
  author: string;
  /** What for, in a few words: `Menu "Main" changed`. */
  summary: string;
  /** The version whose state this brings back. */
  rolledBackTo?: number;
}

const SUMMARY_MAX_LENGTH = 200;

/**
 * Changes where calls lead. One change of an account follows the other; the whole is checked after `change`, and written
 * with one version, or not at all. What was wrong before, because somebody left, does not stand in the way of others.
 * @throws CoreError `routing.refused`, and whatever the draft throws
 */
export async function changeRouting<T>(
  core: Pick<Core, 'db' | 'clock'>,
  input: ChangeRouting,
  change: (draft: RoutingDraft) => T | Promise<T>,
): Promise<T> {
  return inTransaction(core.db, async (tx) => {
    await lockRouting(tx, input);
    const before = await readKeptRouting(core.db, input, tx);
    const draft = new RoutingDraft(tx, input, before);
    const result = await change(draft);
    const { changes } = draft;
    if (changes.length === 0) return result;
    refuseNewProblems(before.configuration, draft.configuration);
    await refuseForwardedTo(tx, input, before.configuration, draft.configuration);
    const at = new Date(core.clock.now());
    await writeObjects(tx, input, changes, at);
    await writeVersion(tx, input, { version: before.objects.version + 1, changes, at });
    if (changes.some(({ kind }) => kind === 'mailbox')) await tellMailboxChanged(tx, input);
    return result;
  });
}

/** Held until the end of the transaction; before any other lock of it. */
export async function lockRouting(tx: Transaction<Tables>, owner: RoutingOwner): Promise<void> {
  const name = `routing ${owner.accountId} ${owner.mode}`;
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(tx);
}

function refuseNewProblems(before: FlowConfiguration, after: FlowConfiguration): void {
  const { problems } = checkFlow(after);
  if (problems.length === 0) return;
  const known = new Set(checkFlow(before).problems.map(inWords));
  const found = problems
    .filter((problem) => !known.has(inWords(problem)))
    .map(({ path, message, reachedFrom }) => ({
      path,
      message: reachedFrom === undefined ? message : `${message} ${reachedFrom} leads here.`,
    }));
  const first = found[0];
  if (first === undefined) return;
  const others = found.length === 1 ? '' : ` (and ${found.length - 1} more)`;
  throw new CoreError('routing.refused', `${first.message}${others}`, { problems: found });
}

/** Phones stand outside the configuration; those of test keys are nowhere. @throws CoreError `routing.in_use` */
async function refuseForwardedTo(
  tx: Transaction<Tables>,
  { accountId, mode }: RoutingOwner,
  before: FlowConfiguration,
  after: FlowConfiguration,
): Promise<void> {
  const there = numberingOf(after).byNumber;
  const gone = [...numberingOf(before).byNumber.keys()].filter((number) => !there.has(number));
  if (gone.length === 0 || mode === 'test') return;
  const phones = await tx
    .selectFrom('phones')
    .select(['name', 'forward_to'])
    .where('account_id', '=', accountId)
    .where('forward_to', 'in', gone)
    // A phone of that name still takes the call.
    .where('forward_to', 'not in', (names) =>
      names.selectFrom('phones').select('name').where('account_id', '=', accountId),
    )
    .orderBy('name')
    .execute();
  if (phones.length === 0) return;
  const uses = phones.map(({ name, forward_to: number }) => ({
    path: `phones[${name}].forwardTo`,
    message: `The phone is forwarded to ${number}.`,
  }));
  throw inUse(`Extension ${phones[0]?.forward_to}`, uses);
}

function inWords({ path, message }: FlowProblem): string {
  return `${path} ${message}`;
}

async function writeObjects(
  db: Db,
  { accountId, mode }: RoutingOwner,
  changes: readonly RoutingChange[],
  at: Date,
): Promise<void> {
  const gone = changes.filter(({ after }) => after === null);
  const there = changes.filter(({ after }) => after !== null);
  if (gone.length > 0) {
    await sql`delete from routing_objects o using json_to_recordset(${JSON.stringify(gone)}::json) as g(kind text, id bigint)
      where o.account_id = ${accountId} and o.mode = ${mode} and o.kind = g.kind and o.id = g.id`.execute(db);
    // No rollback brings one back: whoever gave it did so for the mailbox that there was.
    const mailboxes = gone.filter(({ kind }) => kind === 'mailbox').map(({ id }) => id);
    if (mailboxes.length > 0) await db.deleteFrom('mailbox_pins').where('mailbox_id', 'in', mailboxes).execute();
  }
  if (there.length > 0) {
    await sql`insert into routing_objects (account_id, mode, kind, id, body, created_at, updated_at)
      select ${accountId}, ${mode}, t.kind, t.id, t.after, ${at}, ${at}
      from json_to_recordset(${JSON.stringify(there)}::json) as t(kind text, id bigint, after jsonb)
      on conflict (account_id, mode, kind, id) do update set body = excluded.body, updated_at = excluded.updated_at`.execute(
      db,
    );
  }
}

async function writeVersion(
  tx: Transaction<Tables>,
  input: ChangeRouting,
  made: { version: number; changes: readonly RoutingChange[]; at: Date },
): Promise<void> {
  const { accountId, mode, author, rolledBackTo } = input;
  const { version, changes, at } = made;
  const summary = input.summary.slice(0, SUMMARY_MAX_LENGTH);
  await tx
    .insertInto('routing_versions')
    .values({
      account_id: accountId,
      mode,
      version,
      author,
      summary,
      changes: JSON.stringify(changes),
      rolled_back_to: rolledBackTo ?? null,
      created_at: at,
    })
    .execute();
  // The version has the summary, which may name people.
  const details = { mode, objects: changes.length };
  await recordAudit(tx, { accountId, actor: author, action: 'routing.change', subject: `${version}`, details, at });
}
