/** Why a text ended as it did, beyond its status. A closed set; the sentence is for the person who sent it. */
export const MESSAGE_REASONS = {
  suppressed: 'The person opted out before the text was sent.',
  not_verified: 'The account is in development and reaches verified numbers only: `sidetone numbers verify NUMBER`.',
  expired: 'The text could not be sent before it expired.',
  insufficient_funds: 'The balance of the account did not pay for it.',
  no_carrier: 'No carrier leads there: add one with `sidetone carriers add`.',
  refused: 'The carrier refused the text.',
  sender_not_allowed: 'The sender is not registered for texts to this country.',
  undeliverable: 'The network could not deliver the text.',
  no_response: 'The carrier did not say whether it took the text, and it is sent no more so as not to send it twice.',
  node_lost: 'The server died while the text was being handed over; it is sent no more so as not to send it twice.',
  campaign_over: 'The campaign was over before the text was sent.',
  outside_hours: 'No hour comes in which the text may be sent.',
  canceled: 'The text was canceled on request.',
} as const;
export type MessageReason = keyof typeof MESSAGE_REASONS;
