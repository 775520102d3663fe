/** What calling and called legs have in common: their media, and that they end exactly once, after their last job. */
import type { EndCause, EngineEventBody, LegId } from '#voice/engine.js';
import type { Media } from '#voice/media/media-port.js';
import type { InDialog } from '#voice/sip/in-dialog.js';
import { LegMedia } from '#voice/sip/leg-media.js';
import type { Signalling } from '#voice/sip/signalling.js';

export interface LegUser {
  emit(event: EngineEventBody): void;
  /** `leg.ended` has been emitted. */
  onEnded(leg: Leg): void;
}

/** Why we hang up. Without a cause it is a command, and the leg's state says what it was. */
export interface HangUp {
  cause?: EndCause;
  sipCode?: number;
  reason?: string;
}

export type LegEnd = Omit<Extract<EngineEventBody, { kind: 'leg.ended' }>, 'kind' | 'leg' | 'rtp'>;

export abstract class Leg {
  readonly id: LegId;
  readonly media: LegMedia;
  protected readonly signalling: Signalling;
  readonly #user: LegUser;
  #finished = false;

  constructor(signalling: Signalling, media: Media, id: LegId, user: LegUser) {
    this.signalling = signalling;
    this.id = id;
    this.#user = user;
    this.media = new LegMedia(id, media, signalling.clock, {
      emit: (event) => user.emit(event),
      onOpened: () => {
        if (!this.#finished) this.onMediaOpened();
      },
      onFailed: (error) => this.hangup({ cause: 'engine_failed', reason: error }),
      onSilent: (forMs) => {
        // Before the answer nothing need be heard.
        if (this.isAnswered) this.hangup({ cause: 'media_timeout', reason: `no sound for ${forMs} ms` });
      },
      // Before the answer nobody can be on hold.
      onHold: (on) => {
        if (this.isAnswered) this.emit({ kind: 'hold', leg: id, on });
      },
      onSendInfo: (digit, durationMs) => this.inDialog?.sendDigit(digit, durationMs),
    });
  }

  /** The leg has ended, or only waits for its media to close. */
  get isFinished(): boolean {
    return this.#finished;
  }

  protected abstract get isAnswered(): boolean;

  /** The dialog of the call; undefined as long as it is not known which one that will be. */
  abstract get inDialog(): InDialog | undefined;

  /** Any state; without effect on a leg that is ending already. */
  abstract hangup(why: HangUp): void;

  /** Without effect before the answer. */
  abstract hold(on: boolean): void;

  protected abstract onMediaOpened(): void;

  /** Tells of the answer, lets what waits for it begin, and says at once if the far end does not want to hear it yet. */
  protected answered(sipCode: number): void {
    this.emit({ kind: 'leg.answered', leg: this.id, sipCode });
    if (this.media.isHeldByThem) this.emit({ kind: 'hold', leg: this.id, on: true });
    this.media.release();
  }

  protected emit(event: EngineEventBody): void {
    if (!this.#finished) this.#user.emit(event);
  }

  protected finish(end: LegEnd): void {
    if (this.#finished) return;
    this.#finished = true;
    this.media.close((rtp) => {
      this.#user.emit({ kind: 'leg.ended', leg: this.id, ...end, ...(rtp !== undefined && { rtp }) });
      this.#user.onEnded(this);
    });
  }
}
