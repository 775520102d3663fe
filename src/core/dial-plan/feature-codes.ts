/** What a phone can do to itself, its mailbox and other calls by dialling. `docs/phones.md` has the same table. */
export const FEATURES = [
  'own_mailbox',
  'any_mailbox',
  'directory',
  'record_greeting',
  'do_not_disturb_on',
  'do_not_disturb_off',
  'call_waiting_on',
  'call_waiting_off',
  'forward_on',
  'forward_off',
  'hide_caller_id_once',
  'show_caller_id_once',
  'pickup_any',
  'pickup_one',
  'park',
  'fetch_parked',
] as const;
export type Feature = (typeof FEATURES)[number];

export interface FeatureCode {
  feature: Feature;
  code: string;
  /** What is dialled behind it. */
  argument: 'none' | 'number' | 'extension' | 'optional_extension';
  /** A sentence for the table. */
  does: string;
}

/** The codes that most systems share; those of North American carriers where theirs are known best. */
export const FEATURE_CODES: readonly FeatureCode[] = [
  { feature: 'own_mailbox', code: '*97', argument: 'none', does: 'Opens your own mailbox.' },
  {
    feature: 'any_mailbox',
    code: '*98',
    argument: 'optional_extension',
    does: 'Opens the mailbox of an extension: it asks which, unless you dial it behind the code.',
  },
  { feature: 'directory', code: '*411', argument: 'none', does: 'Finds an extension by its name.' },
  { feature: 'record_greeting', code: '*77', argument: 'none', does: 'Records the greeting of your mailbox.' },
  { feature: 'do_not_disturb_on', code: '*78', argument: 'none', does: 'Your phone rings for nobody any more.' },
  { feature: 'do_not_disturb_off', code: '*79', argument: 'none', does: 'Your phone rings again.' },
  { feature: 'call_waiting_on', code: '*70', argument: 'none', does: 'A second call rings while you speak.' },
  { feature: 'call_waiting_off', code: '*71', argument: 'none', does: 'While you speak, others find you busy.' },
  {
    feature: 'forward_on',
    code: '*72',
    argument: 'number',
    does: 'Your calls go to this extension or number.',
  },
  { feature: 'forward_off', code: '*73', argument: 'none', does: 'Your calls come to you again.' },
  {
    feature: 'hide_caller_id_once',
    code: '*67',
    argument: 'number',
    does: 'Calls this number without showing yours.',
  },
  { feature: 'show_caller_id_once', code: '*82', argument: 'number', does: 'Calls this number and shows yours.' },
  { feature: 'pickup_any', code: '*8', argument: 'none', does: 'Takes a call that rings at somebody else.' },
  {
    feature: 'pickup_one',
    code: '**',
    argument: 'extension',
    does: 'Takes the call that rings at this extension or phone.',
  },
  {
    feature: 'park',
    code: '*68',
    argument: 'none',
    does: 'Parks the call that you transfer there, and says in which place.',
  },
];

/** Where parked calls wait, each in a place that is dialled to fetch it. */
export const FIRST_PARKING_PLACE = 701;
export const LAST_PARKING_PLACE = 720;

export interface DialledFeature {
  feature: Feature;
  /** What was dialled behind the code; empty: nothing. */
  argument: string;
}

/** Undefined: no code of ours, or without what belongs behind it. */
export function featureDialled(digits: string): DialledFeature | undefined {
  if (isParkingPlace(digits)) return { feature: 'fetch_parked', argument: digits };
  // The longest code first: *8 begins *82.
  for (const { feature, code, argument } of LONGEST_FIRST) {
    if (!digits.startsWith(code)) continue;
    const behind = digits.slice(code.length);
    if (argument === 'none' ? behind === '' : behind !== '' || argument === 'optional_extension') {
      return { feature, argument: behind };
    }
  }
  return undefined;
}

export function isParkingPlace(digits: string): boolean {
  return /^\d{3}$/.test(digits) && Number(digits) >= FIRST_PARKING_PLACE && Number(digits) <= LAST_PARKING_PLACE;
}

const LONGEST_FIRST = [...FEATURE_CODES].sort((a, b) => b.code.length - a.code.length);
