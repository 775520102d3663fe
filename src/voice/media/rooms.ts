/** The bridges and conferences of a media worker. */
import { Bridge, type RoomMember } from '#voice/media/bridge.js';
import { Conference } from '#voice/media/conference.js';

export class Rooms {
  readonly #conferences = new Map<string, Conference>();

  /** Ends whatever either was in. With itself nobody can be bridged. */
  bridge(one: RoomMember, other: RoomMember): void {
    if (one === other) return;
    this.leave(one);
    this.leave(other);
    new Bridge(one, other);
  }

  /** Begins with its first member. Who is in it already is only muted, or not any more. */
  join(member: RoomMember, name: string, muted: boolean): void {
    const conference = this.#conferences.get(name) ?? this.#begin(name);
    if (member.room !== conference) this.leave(member);
    conference.join(member, muted);
  }

  leave(member: RoomMember): void {
    member.room?.leave(member);
  }

  /** Once in 20 ms, before any leg is served. */
  mix(): void {
    for (const conference of this.#conferences.values()) conference.mix();
  }

  #begin(name: string): Conference {
    const conference = new Conference(() => this.#conferences.delete(name));
    this.#conferences.set(name, conference);
    return conference;
  }
}
