import type { Static } from 'typebox';
import { HttpProblem } from '#apis/http/problem.js';
import { DIALECT } from '#apis/outreach/parse-call.js';
import { parseInstant } from '#apis/outreach/parse-time.js';
import { OneText, type PreviewBody, type SendTextsBody } from '#apis/outreach/sms-schemas.js';
import type { Caller } from '#core/accounts/index.js';
import type { NewText, previewText, RefusedText, SendTexts } from '#core/messages/index.js';
import { compileValidator } from '#apis/http/validate.js';

type Body = Static<typeof SendTextsBody>;

/** The texts of a request; `single`: it names one recipient, not a list. */
export function parseTexts(body: Body, auth: Pick<Caller, 'accountId' | 'mode'>): SendTexts & { single: boolean } {
  const { texts, unreadable, single } = parseRecipients(body);
  return {
    accountId: auth.accountId,
    mode: auth.mode,
    senders: typeof body.from === 'string' ? [body.from] : body.from,
    texts,
    unreadable,
    single,
    message: body.message,
    variables: parseVariables(body.variables),
    smart: body.smart_encoding,
    nationalTables: body.national_tables,
    purpose: body.purpose,
    scheduleAt: body.schedule_at === undefined ? undefined : parseInstant('schedule_at', body.schedule_at),
    validitySeconds: body.validity_seconds,
    webhookUrl: body.webhook_url,
    metadata: body.metadata,
    dialect: DIALECT,
  };
}

export function parsePreview(body: Static<typeof PreviewBody>): Parameters<typeof previewText>[0] {
  return {
    message: body.message,
    variables: parseVariables(body.variables),
    to: body.to,
    smart: body.smart_encoding,
    nationalTables: body.national_tables,
  };
}

function parseRecipients({ to, messages }: Body): { texts: NewText[]; unreadable: RefusedText[]; single: boolean } {
  if (to !== undefined && messages !== undefined) {
    throw new HttpProblem('invalid_input', 'Either "to" or "messages", not both.', { field: 'messages' });
  }
  if (typeof to === 'string') return { texts: [{ index: 0, to }], unreadable: [], single: true };
  const rows = messages ?? to?.map((one) => ({ to: one }));
  if (rows === undefined) throw new HttpProblem('invalid_input', 'The field "to" is missing.', { field: 'to' });
  const texts: NewText[] = [];
  const unreadable: RefusedText[] = [];
  rows.forEach((row, index) => {
    const text = parseOne(row, index);
    if ('error' in text) unreadable.push(text);
    else texts.push(text);
  });
  return { texts, unreadable, single: false };
}

const checkOne = compileValidator(OneText, 'body');

function parseOne(row: unknown, index: number): NewText | RefusedText {
  try {
    const { variables, ...text } = checkOne(row) as Static<typeof OneText>;
    return { ...text, index, variables: parseVariables(variables) };
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    const { message, field = '' } = error;
    const to =
      typeof row === 'object' && row !== null && 'to' in row && typeof row.to === 'string' ? row.to : undefined;
    return { index, to, error: { code: 'message.bad_input', message, field } };
  }
}

function parseVariables(variables: Readonly<Record<string, string | number>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)]));
}
