/** Who hears whom: a leg in a room hears the others in it, where nothing is played to it. */
import type { HeardFrame, LegEar } from '#voice/media/leg-ear.js';
import type { CodecName } from '#voice/media/media-port.js';

/** What a room needs of a leg. */
export interface RoomMember {
  readonly ear: LegEar;
  room: Room | undefined;
}

export interface Room {
  /** Writes the next 20 ms for this member as 160 octets. `false`: silence, and nothing was written. */
  fill(member: RoomMember, into: Uint8Array, at: number, law: CodecName): boolean;
  leave(member: RoomMember): void;
}

/**
 * Two legs. Octets of the same law pass unchanged, others by table. Each hears the other's frame of its last tick: both
 * tick once in 20 ms, so that no frame is missed and none comes twice.
 */
export class Bridge implements Room {
  readonly #members: readonly [RoomMember, RoomMember];

  constructor(one: RoomMember, other: RoomMember) {
    this.#members = [one, other];
    for (const member of this.#members) {
      member.room = this;
      member.ear.open(this);
    }
  }

  fill(member: RoomMember, into: Uint8Array, at: number, law: CodecName): boolean {
    const [one, other] = this.#members;
    const frame: HeardFrame = (member === one ? other : one).ear.frame;
    if (frame.content === 'nothing') return false;
    frame.writeTo(into, at, law);
    return true;
  }

  /** One that leaves leaves nobody to be with. */
  leave(): void {
    for (const member of this.#members) {
      member.room = undefined;
      member.ear.shut(this);
    }
  }
}
