/** What a plan may have or lack: the closed list. `docs/plans.md` is written from it. */
export const FEATURES = {
  virtual_numbers: {
    displayName: 'Virtual numbers',
    description: 'Numbers of the account, and where their calls lead.',
    counted: 'numbers',
  },
  users: { displayName: 'Users', description: 'People of the account.', counted: 'users' },
  voice: {
    displayName: 'Calls',
    description: 'Calls from outside, and calls of phones to the outside; never help.',
    counted: 'calls this month',
  },
  call_recording: {
    displayName: 'Call recording',
    description: 'Calls of phones and numbers are recorded where the settings say so.',
    counted: 'recordings this month',
  },
  date_filtered_history: {
    displayName: 'Call history by date',
    description: 'Call history between two times.',
    counted: 'nothing',
  },
  voicemail: {
    displayName: 'Voicemail',
    description: 'Callers leave messages in mailboxes.',
    counted: 'messages this month',
  },
  voicemail_transcription: {
    displayName: 'Voicemail transcription',
    description: 'Messages are written down, where something that hears is configured.',
    counted: 'transcripts this month',
  },
  menus: { displayName: 'Menus', description: 'Callers choose by key.', counted: 'menus' },
  ring_groups: { displayName: 'Ring groups', description: 'Several phones ring for one call.', counted: 'groups' },
  extensions: { displayName: 'Extensions', description: 'Short numbers for people and phones.', counted: 'extensions' },
  forwarding_numbers: {
    displayName: 'Forwarding numbers',
    description: 'Calls go on to telephones elsewhere.',
    counted: 'forwarding numbers',
  },
  forwarding_schedules: {
    displayName: 'Forwarding schedules',
    description: 'Members of a ring group are rung at their own times.',
    counted: 'schedules',
  },
  hours: {
    displayName: 'Business hours',
    description: 'Calls lead elsewhere when nobody is there, and on holidays.',
    counted: 'nothing',
  },
  blocked_numbers: {
    displayName: 'Blocked numbers',
    description: 'Callers who are turned away.',
    counted: 'blocked numbers',
  },
  texting: {
    displayName: 'Texting',
    description: 'Text conversations are read, kept and deleted.',
    counted: 'texts in and out this month',
  },
  bulk_texting: {
    displayName: 'Bulk texting',
    description: 'Texts are sent over the API.',
    counted: 'texts sent this month',
  },
  webhooks: {
    displayName: 'Webhooks',
    description: 'Other systems are told of calls, texts and voicemail.',
    counted: 'subscriptions',
  },
} as const satisfies Record<string, FeatureText>;

interface FeatureText {
  displayName: string;
  description: string;
  /** What `used` is the count of. */
  counted: string;
}

export type Feature = keyof typeof FEATURES;

export const FEATURE_NAMES = Object.keys(FEATURES) as Feature[];

export function isFeature(name: string): name is Feature {
  return Object.hasOwn(FEATURES, name);
}
