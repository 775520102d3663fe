import type { PartResult, TextPart } from '#carriers/carrier.js';
import type { Core } from '#core/core.js';
import type { MessageRow } from '#core/messages/message.js';
import { alphabetOf, partsOf } from '#core/segments/index.js';

/** A text that is about to expire is worth a minute to its carrier. */
const LEAST_VALIDITY_SECONDS = 60;

/** Not sent: what it said is not there any more. */
const ERASED: PartResult = { kind: 'refused', code: 'erased', detail: 'What the text said was erased.' };

/** Not sent: without its pictures it would say something else. */
const WITHOUT_FILES: PartResult = { kind: 'refused', code: 'erased', detail: 'Its pictures or files are not there.' };

export interface Submitted {
  /** The numbers of those that are handed over. */
  parts: number[];
  answered: Promise<PartResult[]>;
}

/**
 * Hands a text over to its carrier, but for the parts that were taken before. What cannot be cut into parts is refused.
 * `media` are the addresses of its pictures and files; with them it is one part.
 */
export function submitText(
  core: Pick<Core, 'carriers' | 'clock'>,
  row: MessageRow,
  { taken, text, media }: { taken: readonly number[]; text: string | null; media: readonly string[] },
): Submitted {
  let parts: TextPart[];
  try {
    const all = row.attachments > 0 ? [WHOLE] : partsOf(text ?? '', row.encoding, row.reference);
    parts = all.filter(({ part }) => !taken.includes(part));
  } catch (error) {
    const all = Array.from({ length: row.segments }, (_, index) => index + 1).filter((part) => !taken.includes(part));
    return { parts: all, answered: answer(all, { kind: 'refused', code: 'unreadable', detail: String(error) }) };
  }
  const numbers = parts.map(({ part }) => part);
  if (text === null) return { parts: numbers, answered: answer(numbers, ERASED) };
  if (media.length < row.attachments) return { parts: numbers, answered: answer(numbers, WITHOUT_FILES) };
  const carrier = core.carriers.get(row.carrier_id ?? '');
  if (carrier === undefined) {
    return { parts: numbers, answered: answer(numbers, { kind: 'unreachable', detail: 'There is no connection.' }) };
  }
  const validity = Math.ceil((row.expires_at.getTime() - core.clock.now()) / 1000);
  const answered = carrier.submit({
    id: row.id,
    from: row.from_address,
    to: row.to_address,
    text,
    encoding: alphabetOf(row.encoding),
    parts,
    of: row.segments,
    reference: row.reference,
    validitySeconds: Math.max(LEAST_VALIDITY_SECONDS, validity),
    ...(media.length === 0 ? {} : { media }),
  });
  return { parts: numbers, answered };
}

/** Of a text with pictures: no network cuts it. */
const WHOLE: TextPart = { part: 1, header: new Uint8Array(), body: new Uint8Array() };

function answer(parts: readonly number[], result: PartResult): Promise<PartResult[]> {
  return Promise.resolve(parts.map(() => result));
}
