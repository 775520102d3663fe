/** RFC 3261 section 17 and its table 4, milliseconds. Every lettered timer is made of these. */
export interface TransactionTimers {
  /** The estimate of the round trip. Timers A, E, G start here; B, F, H, J, L, M are 64 times this. */
  t1Ms: number;
  /** The longest wait between retransmissions of anything but INVITE. */
  t2Ms: number;
  /** How long a message may stay in the network: timers I and K. */
  t4Ms: number;
  /** Timer D: how long retransmitted refusals of an INVITE are acknowledged. */
  timerDMs: number;
  /** How long an INVITE may wait for the layer above before 100 Trying goes out (section 17.2.1). */
  tryingMs: number;
}

export const RFC3261_TIMERS: TransactionTimers = {
  t1Ms: 500,
  t2Ms: 4_000,
  t4Ms: 5_000,
  timerDMs: 32_000,
  tryingMs: 200,
};
