import type { Prompt } from '#core/call-flow/index.js';
import type { Core } from '#core/core.js';
import type { Activity } from '#core/phone-calls/activity.js';
import type { Party } from '#core/phone-calls/party.js';
import type { AudioClip } from '#voice/engine.js';

/** What holding needs of the call. */
export interface HoldingCall {
  /** Of the account; null: none. */
  music: Prompt | null;
  clips(prompts: readonly Prompt[]): Promise<AudioClip[]>;
  activity(): Activity | undefined;
}

/** Whoever is put on hold hears the music of the account, else what the other end plays, until they are taken back. */
export class Holds {
  /** By whoever waits: the request to hold them that counts. Music that is found for an earlier one comes too late. */
  readonly #requests = new WeakMap<Party, object>();

  constructor(
    private readonly core: Pick<Core, 'background'>,
    private readonly call: HoldingCall,
  ) {}

  put(party: Party, on: boolean): void {
    const request = {};
    this.#requests.set(party, request);
    const { music } = this.call;
    if (!on) return party.resume();
    if (music === null) return party.hold(true);
    const activity = this.call.activity();
    this.core.background.run('find the music', async () => {
      const clips = await this.call.clips([music]);
      const counts = this.#requests.get(party) === request && this.call.activity() === activity;
      if (counts && clips.length > 0) party.play(clips, { loop: true });
    });
  }
}
