import type { Troubled } from '#core/known-troubles.js';

/** What operators hear of beside calls for help (rule 33). */
export const TROUBLE_KINDS = [
  /** Calls try other trunks first, or wait. */
  'trunk_down',
  /** Texts try other carriers, or wait. */
  'carrier_down',
  /** A receiver of webhooks has failed for so long that nothing is sent there any more. */
  'endpoint_off',
  /** Codes have cost what they may within a day. */
  'spend_cap',
  /** A running campaign reaches nobody. */
  'campaign_stalled',
  /** Rewards of a shop wait for a webhook that could not be delivered. */
  'rewards_held',
  /** The disk of a server fills up. */
  'disk_low',
] as const;
export type TroubleKind = (typeof TROUBLE_KINDS)[number];

export interface Trouble extends Troubled {
  kind: TroubleKind;
  /** Null: the whole installation's, which its first account is told of. */
  accountId: string | null;
  /** As people call what is in trouble. */
  name: string;
  /** A sentence for people: what is the matter. */
  detail: string;
}

/** For the subject of a letter, with the name of what is in trouble. */
export const BEGAN: Record<TroubleKind, (name: string) => string> = {
  trunk_down: (name) => `The trunk ${name} is down`,
  carrier_down: (name) => `The carrier ${name} is down`,
  endpoint_off: (name) => `Webhooks to ${name} are switched off`,
  spend_cap: (name) => `The cap on spend of ${name} is reached`,
  campaign_stalled: (name) => `The campaign ${name} reaches nobody`,
  rewards_held: (name) => `Rewards of ${name} wait for a webhook`,
  disk_low: (name) => `Little room is left on the disk of ${name}`,
};

export const ENDED: Record<TroubleKind, (name: string) => string> = {
  trunk_down: (name) => `The trunk ${name} works again`,
  carrier_down: (name) => `The carrier ${name} works again`,
  endpoint_off: (name) => `Webhooks to ${name} are sent again`,
  spend_cap: (name) => `The cap on spend of ${name} is not reached any more`,
  campaign_stalled: (name) => `The campaign ${name} goes on`,
  rewards_held: (name) => `No rewards of ${name} wait for a webhook any more`,
  disk_low: (name) => `There is room again on the disk of ${name}`,
};
