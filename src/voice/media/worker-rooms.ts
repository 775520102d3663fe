/**
 * Bridges and conferences whose legs are on different media workers. A worker only brings its own legs together, so a
 * link joins two of them: a hidden leg on each, connected with each other by RTP on this machine. That costs two legs and
 * a jitter buffer's delay, and needs nothing that legs to phones do not need; `open` with `beside` avoids it.
 */
import type { LegId } from '#voice/engine.js';
import type { CodecName, MediaCommand, MediaEvent, MediaSession } from '#voice/media/media-port.js';

export type RoomCommand = Extract<MediaCommand, { kind: 'bridge' | 'join' | 'leave' }>;

/** `Seat`: a worker's place. */
export interface RoomHost<Seat> {
  /** Where this machine reaches the sockets of its workers. */
  address: string;
  seatOf(leg: LegId): Seat | undefined;
  /** Opens a hidden leg there. */
  open(leg: LegId, seat: Seat): void;
  /** To a leg that is there. */
  post(seat: Seat, command: MediaCommand): void;
}

/** Two hidden legs, each for one side, that hear each other. */
interface Link {
  /** Whom it serves: one that is in a conference elsewhere, or the two of a bridge. */
  legs: LegId[];
  ends: readonly [LinkEnd, LinkEnd];
  codec: CodecName;
}

interface LinkEnd {
  leg: LegId;
  port: number | undefined;
}

interface Conference<Seat> {
  /** The worker of its first leg, where it is mixed. */
  home: Seat;
  /** Whether each is muted. */
  members: Map<LegId, boolean>;
}

export class WorkerRooms<Seat> {
  readonly #host: RoomHost<Seat>;
  readonly #links = new Map<LegId, Link>();
  readonly #conferences = new Map<string, Conference<Seat>>();
  readonly #conferenceOf = new Map<LegId, string>();
  /** Hidden legs, until they are closed. */
  readonly #hidden = new Map<LegId, Link>();
  /** In which law each leg speaks. */
  readonly #codecs = new Map<LegId, CodecName>();
  #lastLink = 0;

  constructor(host: RoomHost<Seat>) {
    this.#host = host;
  }

  /** Legs that nobody asked for. */
  get hiddenLegs(): number {
    return this.#hidden.size;
  }

  obey(command: RoomCommand): void {
    const seat = this.#host.seatOf(command.leg);
    if (seat === undefined) return;
    switch (command.kind) {
      case 'bridge':
        return this.#bridge(command, seat);
      case 'join':
        return this.#join(command, seat);
      case 'leave':
        this.left(command.leg);
        return this.#host.post(seat, command);
    }
  }

  connected(leg: LegId, { codec }: MediaSession): void {
    this.#codecs.set(leg, codec);
  }

  /** A leg is out of whatever it was in, and, where it has ended, is to be forgotten. */
  left(leg: LegId, hasEnded = false): void {
    if (hasEnded) this.#codecs.delete(leg);
    this.#unlink(leg);
    const name = this.#conferenceOf.get(leg);
    if (name === undefined) return;
    this.#conferenceOf.delete(leg);
    const members = this.#conferences.get(name)?.members;
    members?.delete(leg);
    if (members?.size === 0) this.#conferences.delete(name);
  }

  /** `true`: the event is of a hidden leg, and for nobody else. */
  hears(event: MediaEvent): boolean {
    const link = 'leg' in event ? this.#hidden.get(event.leg) : undefined;
    if (!link) return false;
    if (event.kind === 'closed') {
      this.#hidden.delete(event.leg);
      for (const leg of link.legs) this.#unlink(leg);
    } else if (event.kind === 'opened') this.#opened(link, event.leg, event.port);
    return true;
  }

  /** A worker is gone, and its legs have left: conferences that it mixed begin again where their other legs are. */
  moveFrom(seat: Seat): void {
    for (const [name, { home, members }] of [...this.#conferences]) {
      if (home !== seat) continue;
      const remaining = [...members];
      for (const [leg] of remaining) this.left(leg);
      for (const [leg, muted] of remaining) this.obey({ kind: 'join', leg, conference: name, muted });
    }
  }

  #bridge(command: Extract<RoomCommand, { kind: 'bridge' }>, seat: Seat): void {
    const other = this.#host.seatOf(command.with);
    if (other === undefined || command.with === command.leg) return;
    this.left(command.leg);
    this.left(command.with);
    if (other === seat) return this.#host.post(seat, command);
    const link = this.#link([command.leg, command.with], seat, other);
    this.#host.post(seat, { kind: 'bridge', leg: command.leg, with: link.ends[0].leg });
    this.#host.post(other, { kind: 'bridge', leg: command.with, with: link.ends[1].leg });
  }

  #join(command: Extract<RoomCommand, { kind: 'join' }>, seat: Seat): void {
    const { leg, conference: name, muted = false } = command;
    if (this.#conferenceOf.get(leg) !== name) this.left(leg);
    let conference = this.#conferences.get(name);
    if (!conference) this.#conferences.set(name, (conference = { home: seat, members: new Map() }));
    conference.members.set(leg, muted);
    this.#conferenceOf.set(leg, name);
    const { home } = conference;
    if (home === seat) return this.#host.post(seat, command);
    let link = this.#links.get(leg);
    if (!link) {
      link = this.#link([leg], seat, home);
      this.#host.post(seat, { kind: 'bridge', leg, with: link.ends[0].leg });
    }
    this.#host.post(home, { ...command, leg: link.ends[1].leg });
  }

  #link(legs: LegId[], near: Seat, far: Seat): Link {
    const name = `link ${++this.#lastLink}`;
    const ends = [
      { leg: `${name} near`, port: undefined },
      { leg: `${name} far`, port: undefined },
    ] as const;
    const link: Link = { legs, ends, codec: this.#codecs.get(legs[0]!) ?? 'PCMU' };
    for (const { leg } of ends) this.#hidden.set(leg, link);
    for (const leg of legs) this.#links.set(leg, link);
    this.#host.open(ends[0].leg, near);
    this.#host.open(ends[1].leg, far);
    return link;
  }

  #unlink(leg: LegId): void {
    const link = this.#links.get(leg);
    if (!link) return;
    for (const served of link.legs) this.#links.delete(served);
    for (const end of link.ends) {
      const seat = this.#host.seatOf(end.leg);
      if (seat !== undefined) this.#host.post(seat, { kind: 'close', leg: end.leg });
    }
  }

  #opened(link: Link, leg: LegId, port: number): void {
    for (const end of link.ends) if (end.leg === leg) end.port = port;
    const [near, far] = link.ends;
    if (near.port === undefined || far.port === undefined) return;
    this.#connect(near.leg, far.port, link.codec);
    this.#connect(far.leg, near.port, link.codec);
  }

  #connect(leg: LegId, remotePort: number, codec: CodecName): void {
    const seat = this.#host.seatOf(leg);
    const session: MediaSession = {
      remoteAddress: this.#host.address,
      remotePort,
      codec,
      payloadType: codec === 'PCMU' ? 0 : 8,
      // Nobody presses keys here; agreed on all the same, so that nobody listens for their tones.
      dtmfPayloadType: 101,
      direction: 'sendrecv',
    };
    if (seat !== undefined) this.#host.post(seat, { kind: 'connect', leg, session });
  }
}
