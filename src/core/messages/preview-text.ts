import { fillTemplate } from '#core/calls/index.js';
import { CoreError } from '#core/errors.js';
import { encodeMessage, MESSAGE_LIMITS, type NewText, type SendTexts } from '#core/messages/new-text.js';
import { alphabetOf, charactersBeyond, tablesFor } from '#core/segments/index.js';

export interface TextPreview {
  /** As it would go out. */
  text: string;
  encoding: 'gsm7' | 'ucs2';
  segments: number;
  /** More segments than a text may have. */
  tooLong: boolean;
  /** Because of which the text is not 7 bit; the first twenty. */
  beyond: string[];
  /** Fields without a value. */
  missing: string[];
}

const MOST_BEYOND = 20;

/** What a text would be, and why. Sends and writes nothing. @throws CoreError `message.bad_input` */
export function previewText(
  input: Pick<NewText, 'message' | 'variables'> &
    Pick<SendTexts, 'smart' | 'nationalTables'> & { to?: string | undefined },
): TextPreview {
  const { text: filled, missing } = fillTemplate(input.message ?? '', input.variables ?? {});
  if (filled.trim() === '') throw new CoreError('message.bad_input', 'The message is empty.', { field: 'message' });
  const encoded = encodeMessage(filled, input.to, input);
  const tables = input.nationalTables ?? (input.to === undefined ? [] : tablesFor(input.to));
  return {
    text: encoded.text,
    encoding: alphabetOf(encoded.encoding),
    segments: encoded.segments,
    tooLong: encoded.segments > MESSAGE_LIMITS.segments,
    beyond: encoded.encoding === 'ucs2' ? charactersBeyond(filled, { smart: input.smart, tables }, MOST_BEYOND) : [],
    missing,
  };
}
