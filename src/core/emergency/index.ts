/** Calls for help (rule 11): which way they take, and what is missing for them. */
export { emergencyWays } from '#core/emergency/emergency-ways.js';
export { warnOfHelp, whyNoHelp } from '#core/emergency/readiness.js';
