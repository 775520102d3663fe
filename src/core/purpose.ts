/** Why somebody is called or texted (rule 2). It decides the order of dialling and what an opt-out stops. */
export type Purpose = 'emergency' | 'internal_leg' | 'person' | 'verification' | 'transactional' | 'marketing';

/** The order in which waiting calls are dialled; a lower number goes first. */
export const DIAL_PRIORITY: Record<Purpose, number> = {
  emergency: 0,
  internal_leg: 1,
  person: 1,
  verification: 2,
  transactional: 3,
  marketing: 4,
};

/** Calls and texts of campaigns go after everything else, whatever they are for (rule 2). */
export const CAMPAIGN_PRIORITY = 5;
