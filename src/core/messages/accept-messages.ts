import { attach, holdAttachments } from '#core/attachments/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { inTransaction } from '#core/in-transaction.js';
import { checkFunds, checkTexts, type SendableText } from '#core/messages/check-texts.js';
import { checkSenders } from '#core/messages/choose-senders.js';
import { insertMessages, queuedMessage, type NewMessage } from '#core/messages/insert-messages.js';
import {
  MESSAGE_LIMITS,
  readyText,
  sharedProblem,
  type ReadyText,
  type RefusedText,
  type SendTexts,
} from '#core/messages/new-text.js';
import { alphabetOf } from '#core/segments/index.js';

export interface AcceptedText {
  id: string;
  /** Where it stood in the request, from 0. */
  index: number;
  to: string;
  from: string;
  segments: number;
  encoding: 'gsm7' | 'ucs2';
  /** What speaks against it and does not stop it. */
  warnings: string[];
  createdAt: Date;
}

export interface AcceptedBatch {
  id: string;
  accepted: AcceptedText[];
  refused: RefusedText[];
  createdAt: Date;
}

export type AcceptingCore = Pick<Core, 'db' | 'clock' | 'secrets' | 'settings' | 'wake' | 'killPoint' | 'disk'>;

/**
 * Accepts one text: checks everything that can be known now, and writes the row.
 * @throws CoreError `message.*`, naming the field; `wallet.insufficient_funds`
 */
export async function acceptMessage(core: AcceptingCore, input: SendTexts): Promise<AcceptedText> {
  const { accepted, refused } = await accept(core, input, undefined);
  const [text] = accepted;
  if (text !== undefined) return text;
  const { error } = refused[0] ?? { error: NO_TEXT };
  throw new CoreError(error.code, error.message, { field: error.field });
}

/**
 * Accepts the texts of one request, each for itself: what is wrong with one never stops the others. A recipient has
 * one text in a request.
 * @throws CoreError what is wrong with everything that they share, or with all of them
 */
export async function acceptMessages(core: AcceptingCore, input: SendTexts): Promise<AcceptedBatch> {
  const id = newId('bat', core.clock.now());
  const batch = await accept(core, input, id);
  if (batch.accepted.length > 0) return { id, ...batch };
  const { error, index } = batch.refused[0] ?? { error: NO_TEXT, index: 0 };
  throw new CoreError(
    'message.bad_input',
    `None of ${batch.refused.length} texts could be accepted. The one at index ${index}: ${error.message}`,
    { field: error.field },
  );
}

const NO_TEXT = { code: 'message.bad_input', message: 'There is no text.', field: 'to' } as const;

async function accept(
  core: AcceptingCore,
  input: SendTexts,
  batchId: string | undefined,
): Promise<Omit<AcceptedBatch, 'id'>> {
  core.disk.requireRoom();
  const at = new Date(core.clock.now());
  const problem = sharedProblem(core, input, at);
  if (problem !== undefined) throw new CoreError('message.bad_input', problem.message, { field: problem.field });
  const { ready, refused: unready } = readyTexts(input);
  const { written, refused } = await inTransaction(core.db, async (tx) => {
    await checkSenders(tx, input);
    const { accountId, mode, attachments = [] } = input;
    if (attachments.length > 0) await holdAttachments(tx, { accountId, mode, ids: attachments, at });
    const checked = await checkTexts(core, tx, input, ready);
    await checkFunds(tx, input, checked.sendable);
    const rows = checked.sendable.map((text) => ({ text, row: rowOf(input, text, { at, batchId }) }));
    await insertMessages(
      tx,
      rows.map(({ row }) => row),
    );
    for (const { row } of attachments.length > 0 ? rows : []) await attach(tx, row.id, attachments);
    return { written: rows, refused: [...unready, ...checked.refused] };
  });
  if (written.length > 0) {
    core.killPoint('message.accepted');
    core.wake.messages();
  }
  return {
    accepted: written.map(({ text, row }) => ({
      id: row.id,
      index: text.index,
      to: text.to,
      from: text.from,
      segments: text.segments,
      encoding: alphabetOf(text.encoding),
      warnings: text.warnings,
      createdAt: at,
    })),
    refused: refused.sort((a, b) => a.index - b.index),
    createdAt: at,
  };
}

function readyTexts(input: SendTexts): { ready: ReadyText[]; refused: RefusedText[] } {
  const ready: ReadyText[] = [];
  const refused: RefusedText[] = [...(input.unreadable ?? [])];
  const firstAt = new Map<string, number>();
  for (const { index, ...text } of input.texts) {
    const before = firstAt.get(text.to);
    if (before !== undefined) {
      const message = `The same recipient is at index ${before}.`;
      refused.push({ index, to: text.to, error: { code: 'message.duplicate', message, field: 'to' } });
      continue;
    }
    const result = readyText(input, text, index);
    if ('error' in result) refused.push(result);
    else ready.push(result);
    firstAt.set(text.to, index);
  }
  return { ready, refused };
}

function rowOf(
  input: SendTexts,
  text: SendableText,
  { at, batchId }: { at: Date; batchId: string | undefined },
): NewMessage {
  const dueAt = input.scheduleAt ?? at;
  const validitySeconds = input.validitySeconds ?? MESSAGE_LIMITS.validitySeconds.default;
  return queuedMessage({
    ...text,
    accountId: input.accountId,
    mode: input.mode,
    purpose: input.purpose ?? 'transactional',
    webhookUrl: input.webhookUrl,
    dialect: input.dialect,
    userId: input.userId,
    attachments: input.attachments?.length,
    batchId,
    at,
    scheduledAt: input.scheduleAt,
    expiresAt: new Date(Math.max(dueAt.getTime(), at.getTime()) + validitySeconds * 1000),
  });
}
