/** What is known of one trunk's state, from its registration, its health and its calls; told when it changes. */
import type { EngineEventBody, TrunkConfig } from '#voice/engine.js';
import { probeTargets } from '#voice/sip/probe.js';
import type { Signalling } from '#voice/sip/signalling.js';
import { DEFAULT_HEALTH_SECONDS, TrunkHealth } from '#voice/sip/trunk-health.js';
import { TrunkRegistration } from '#voice/sip/trunk-registration.js';
import type { TrunkTable } from '#voice/sip/trunk-table.js';

export type TrunkState = Extract<EngineEventBody, { kind: 'trunk.state' }>;

/** So many failures one after the other: down. One sign of life: up. */
const FAILURES_UNTIL_DOWN = 2;

export class TrunkWatch {
  readonly #trunk: TrunkConfig;
  readonly #onState: (state: TrunkState) => void;
  readonly #registration: TrunkRegistration | undefined;
  readonly #health: TrunkHealth | undefined;
  /** Undefined until something is known. */
  #up: boolean | undefined;
  #failures = 0;
  #registered: boolean | undefined;
  #told: TrunkState | undefined;

  constructor(signalling: Signalling, trunks: TrunkTable, trunk: TrunkConfig, onState: (state: TrunkState) => void) {
    this.#trunk = trunk;
    this.#onState = onState;
    const { healthEverySeconds: everySeconds = DEFAULT_HEALTH_SECONDS, register } = trunk;
    if (register !== undefined) {
      this.#registration = new TrunkRegistration(signalling, {
        trunk,
        contactUser: trunks.contactUser(trunk),
        locate: () => trunks.locate(trunk),
        onOutcome: ({ registered, sipCode, detail }) => {
          this.#registered = registered;
          this.#heard(sipCode, detail);
        },
      });
    }
    if (everySeconds > 0) {
      const { clock, random } = signalling;
      this.#health = new TrunkHealth({
        clock,
        random,
        everySeconds,
        probe: () => probeTargets(signalling, trunks, trunk.id),
        onAnswers: (results) => {
          const { sipCode, detail } = results.find((result) => isLife(result.sipCode)) ?? results[0]!;
          this.#heard(sipCode, detail);
        },
      });
    }
  }

  /** A call through it was answered. */
  alive(): void {
    this.#failures = 0;
    if (this.#up === false) this.#heard(200, 'a call was answered');
  }

  /** `keep`: a watch of the same registration takes its place. */
  close(keep: boolean): void {
    this.#registration?.close(keep);
    this.#health?.close();
  }

  #heard(sipCode: number | undefined, detail: string): void {
    if (isLife(sipCode)) {
      this.#failures = 0;
      this.#up = true;
    } else {
      this.#failures += 1;
      if (this.#failures >= FAILURES_UNTIL_DOWN) this.#up = false;
    }
    this.#tell(sipCode, detail);
  }

  #tell(sipCode: number | undefined, detail: string): void {
    const registered = this.#registered;
    // A registration that fails is worth telling before anything is known of the rest.
    const up = this.#up ?? (registered === undefined ? undefined : false);
    if (up === undefined) return;
    const isSame = this.#told !== undefined && this.#told.up === up && this.#told.registered === registered;
    if (isSame) return;
    this.#told = {
      kind: 'trunk.state',
      trunk: this.#trunk.id,
      up,
      ...(registered !== undefined && { registered }),
      ...(sipCode !== undefined && { sipCode }),
      detail,
    };
    this.#onState(this.#told);
  }
}

/** Any answer is life, but one that says that the trunk cannot work. */
function isLife(sipCode: number | undefined): boolean {
  return sipCode !== undefined && sipCode < 500 && sipCode !== 408;
}
