import { CoreError } from '#core/errors.js';

/** What can be chosen about a carrier of any kind. */
export interface CarrierFields {
  /** What the numbers begin with that it is for, `+44`; none: all numbers. */
  prefixes: string[];
  /** The only senders that it takes, as they are written in texts; none: all. */
  senders: string[];
  /** The lower one is tried first. */
  priority: number;
  /** Evenly spaced, over all processes. */
  segmentsPerSecond: number;
}

/** What is to be other than it was, or than usual; null takes a choice back. */
export type CarrierChanges = { [Name in keyof CarrierFields]?: CarrierFields[Name] | null } & {
  /** By the names of `CarrierSettings`. */
  settings?: Readonly<Record<string, unknown>>;
  secrets?: Readonly<Record<string, string | null>>;
};

/** Before anything is chosen. */
export const USUAL_FIELDS: CarrierFields = { prefixes: [], senders: [], priority: 100, segmentsPerSecond: 10 };

const PREFIXES_MAX = 200;
const SENDERS_MAX = 1000;
const PRIORITY_MAX = 1000;
const SEGMENTS_PER_SECOND_MAX = 10_000;

/** Takes the changes in. */
export function changedFields(fields: CarrierFields, changes: CarrierChanges): CarrierFields {
  const changed = <Name extends keyof CarrierFields>(name: Name): CarrierFields[Name] => {
    const value = changes[name] as CarrierFields[Name] | null | undefined;
    return value === undefined ? fields[name] : (value ?? USUAL_FIELDS[name]);
  };
  return {
    prefixes: changed('prefixes'),
    senders: changed('senders'),
    priority: changed('priority'),
    segmentsPerSecond: changed('segmentsPerSecond'),
  };
}

/** Throws `carrier.bad_input`, naming the field as commands do (`segments_per_second`). */
export function checkFields({ prefixes, senders, priority, segmentsPerSecond }: CarrierFields): void {
  if (prefixes.length > PREFIXES_MAX) throw badCarrier('prefixes', `At most ${PREFIXES_MAX} prefixes.`);
  const prefix = prefixes.find((text) => !/^\+[1-9][0-9]{0,14}$/.test(text));
  if (prefix !== undefined) {
    throw badCarrier('prefixes', `"${prefix}" is not the beginning of an E.164 number, like +44.`);
  }
  if (senders.length > SENDERS_MAX) throw badCarrier('senders', `At most ${SENDERS_MAX} senders.`);
  const sender = senders.find((text) => !/^(\+[1-9][0-9]{6,14}|[0-9]{3,8}|[A-Za-z0-9 ]{1,11})$/.test(text));
  if (sender !== undefined) {
    throw badCarrier('senders', `"${sender}" is not a number like +18005550199, a short code, or up to 11 letters.`);
  }
  if (!Number.isInteger(priority) || priority < 1 || priority > PRIORITY_MAX) {
    throw badCarrier('priority', `The priority is a whole number from 1 to ${PRIORITY_MAX}.`);
  }
  if (!(segmentsPerSecond > 0 && segmentsPerSecond <= SEGMENTS_PER_SECOND_MAX)) {
    throw badCarrier(
      'segments_per_second',
      `The segments a second are more than 0, at most ${SEGMENTS_PER_SECOND_MAX}.`,
    );
  }
}

export function badCarrier(field: string, message: string): CoreError {
  return new CoreError('carrier.bad_input', message, { field });
}
