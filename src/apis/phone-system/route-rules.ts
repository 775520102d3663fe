import type { Feature } from '#core/plans/index.js';

/**
 * `own`: users too, but of what there is only what is theirs, which the route looks after; `managers`: owners, managers
 * and keys of the account; `owners`: owners and keys of the account.
 */
export type Who = 'everybody' | 'own' | 'managers' | 'owners';

export interface RouteRule {
  who: Who;
  /** What the plan must have. */
  feature?: Feature;
}

/** Of a route that is not named below. */
const CAREFUL: RouteRule = { who: 'managers' };

/** Who may ask for what, by operationId: every route of this door. */
export const ROUTE_RULES: Readonly<Record<string, RouteRule>> = {
  getAccount: { who: 'everybody' },
  updateAccount: { who: 'owners' },
  getPlan: { who: 'everybody' },
  listPermittedFeatures: { who: 'everybody' },
  listBlockedNumbers: { who: 'managers', feature: 'blocked_numbers' },
  blockNumber: { who: 'managers', feature: 'blocked_numbers' },
  getBlockedNumber: { who: 'managers', feature: 'blocked_numbers' },
  unblockNumber: { who: 'managers', feature: 'blocked_numbers' },
  listVoiceMessages: { who: 'own', feature: 'voicemail' },
  getVoiceMessage: { who: 'own', feature: 'voicemail' },
  getVoiceMessageAudioUrl: { who: 'own', feature: 'voicemail' },
  markVoiceMessage: { who: 'own', feature: 'voicemail' },
  deleteVoiceMessage: { who: 'own', feature: 'voicemail' },
  listVoiceMailboxes: { who: 'own', feature: 'voicemail' },
  getVoiceMailbox: { who: 'own', feature: 'voicemail' },
  setVoiceMailboxPin: { who: 'own', feature: 'voicemail' },
  createVoiceMailbox: { who: 'managers', feature: 'voicemail' },
  updateVoiceMailbox: { who: 'managers', feature: 'voicemail' },
  deleteVoiceMailbox: { who: 'managers', feature: 'voicemail' },
  listSounds: { who: 'managers' },
  addSound: { who: 'managers' },
  getSound: { who: 'managers' },
  getSoundAudio: { who: 'managers' },
  renameSound: { who: 'managers' },
  deleteSound: { who: 'managers' },
  simulateCall: { who: 'managers' },
  listCallFlowProblems: { who: 'managers' },
  listCallFlowVersions: { who: 'managers' },
  getCallFlowVersion: { who: 'managers' },
  rollBackCallFlow: { who: 'managers' },
  listUsers: { who: 'managers', feature: 'users' },
  createUser: { who: 'managers', feature: 'users' },
  getUser: { who: 'managers', feature: 'users' },
  updateUser: { who: 'managers', feature: 'users' },
  deleteUser: { who: 'managers', feature: 'users' },
  listContacts: { who: 'everybody' },
  listDeletedContacts: { who: 'everybody' },
  getContact: { who: 'everybody' },
  createContact: { who: 'managers' },
  updateContact: { who: 'managers' },
  deleteContact: { who: 'managers' },
  importContacts: { who: 'managers' },
  getContactImport: { who: 'managers' },
  getFailedRows: { who: 'managers' },
  // With `after` or `before` the plan needs `date_filtered_history`; users see the calls that reached them, and theirs.
  listCallHistory: { who: 'own' },
  getCallRecord: { who: 'own' },
  deleteCallRecord: { who: 'managers' },
  deleteCallRecording: { who: 'managers' },
  listDeleted: { who: 'managers' },
  listSubscriptions: { who: 'managers', feature: 'webhooks' },
  createSubscription: { who: 'managers', feature: 'webhooks' },
  getSubscription: { who: 'managers', feature: 'webhooks' },
  deleteSubscription: { who: 'managers', feature: 'webhooks' },
  // Without `bulk_texting` it is read all the same; what comes in is kept whatever the plan has.
  listTextConversations: { who: 'everybody', feature: 'texting' },
  listChangedTextMessages: { who: 'everybody', feature: 'texting' },
  getTextConversation: { who: 'everybody', feature: 'texting' },
  listTextMessages: { who: 'everybody', feature: 'texting' },
  sendTextMessage: { who: 'everybody', feature: 'bulk_texting' },
  addAttachment: { who: 'everybody', feature: 'bulk_texting' },
  markTextConversation: { who: 'everybody', feature: 'texting' },
  markTextConversationRead: { who: 'everybody', feature: 'texting' },
  markTextConversationUnread: { who: 'everybody', feature: 'texting' },
  markTextMessage: { who: 'everybody', feature: 'texting' },
  markTextMessageRead: { who: 'everybody', feature: 'texting' },
  markTextMessageUnread: { who: 'everybody', feature: 'texting' },
  deleteTextConversation: { who: 'managers', feature: 'texting' },
  deleteTextMessage: { who: 'managers', feature: 'texting' },
  listVirtualNumbers: { who: 'everybody', feature: 'virtual_numbers' },
  getVirtualNumber: { who: 'everybody', feature: 'virtual_numbers' },
  updateVirtualNumber: { who: 'managers', feature: 'virtual_numbers' },
  listMenus: { who: 'managers', feature: 'menus' },
  getMenu: { who: 'managers', feature: 'menus' },
  createMenu: { who: 'managers', feature: 'menus' },
  updateMenu: { who: 'managers', feature: 'menus' },
  deleteMenu: { who: 'managers', feature: 'menus' },
  listMenuOptions: { who: 'managers', feature: 'menus' },
  replaceMenuOptions: { who: 'managers', feature: 'menus' },
  listRingGroups: { who: 'managers', feature: 'ring_groups' },
  getRingGroup: { who: 'managers', feature: 'ring_groups' },
  createRingGroup: { who: 'managers', feature: 'ring_groups' },
  updateRingGroup: { who: 'managers', feature: 'ring_groups' },
  deleteRingGroup: { who: 'managers', feature: 'ring_groups' },
  listRingGroupMembers: { who: 'managers', feature: 'ring_groups' },
  replaceRingGroupMembers: { who: 'managers', feature: 'ring_groups' },
  listExtensions: { who: 'own', feature: 'extensions' },
  getExtension: { who: 'own', feature: 'extensions' },
  createExtension: { who: 'managers', feature: 'extensions' },
  updateExtension: { who: 'managers', feature: 'extensions' },
  deleteExtension: { who: 'managers', feature: 'extensions' },
  listForwardingNumbers: { who: 'managers', feature: 'forwarding_numbers' },
  getForwardingNumber: { who: 'managers', feature: 'forwarding_numbers' },
  createForwardingNumber: { who: 'managers', feature: 'forwarding_numbers' },
  updateForwardingNumber: { who: 'managers', feature: 'forwarding_numbers' },
  deleteForwardingNumber: { who: 'managers', feature: 'forwarding_numbers' },
  listForwardingSchedules: { who: 'managers', feature: 'forwarding_schedules' },
  getForwardingSchedule: { who: 'managers', feature: 'forwarding_schedules' },
  createForwardingSchedule: { who: 'managers', feature: 'forwarding_schedules' },
  updateForwardingSchedule: { who: 'managers', feature: 'forwarding_schedules' },
  deleteForwardingSchedule: { who: 'managers', feature: 'forwarding_schedules' },
  getHours: { who: 'everybody', feature: 'hours' },
  updateHours: { who: 'managers', feature: 'hours' },
  overrideHours: { who: 'managers', feature: 'hours' },
  getPhoneSettings: { who: 'managers' },
  updatePhoneSettings: { who: 'managers' },
};

const IN_WORDS: Record<Who, string> = {
  everybody: 'For every key with the scope.',
  own: 'For users too, who see and change only what is theirs.',
  managers: 'For owners, managers, and keys of the account.',
  owners: 'For owners, and keys of the account.',
};

/** For the description of the route. */
export function describeRule({ who, feature }: RouteRule): string {
  return feature === undefined ? IN_WORDS[who] : `${IN_WORDS[who]} Feature of the plan: \`${feature}\`.`;
}

export function ruleOf(operationId: string): RouteRule {
  return ROUTE_RULES[operationId] ?? CAREFUL;
}
