import { DigestClient } from '#voice/sip/digest-client.js';
import { DESK, ENGINE, type engineOnAWire } from '#voice/sip/engine-on-a-wire.fixture.js';
import type { SipRequest, SipResponse } from '#voice/sip/message.js';
import { tagOf } from '#voice/sip/name-address.js';
import { sdpOf, type Asking } from '#voice/sip/scripted-peer.fixture.js';

type World = ReturnType<typeof engineOnAWire>;

/** For tests: a phone of the engine's on the wire, which knows its password and can have one call after another. */
export class DeskPhone {
  readonly #world: World;
  readonly #digest: DigestClient;
  readonly name: string;
  readonly peer;
  #sequence = 0;
  #calls = 0;

  constructor(world: World, { name = '101', address = DESK, password = 'secret' } = {}) {
    this.#world = world;
    this.name = name;
    this.peer = world.peer(address);
    this.#digest = new DigestClient({ username: name, password });
  }

  get aor(): string {
    return `sip:${this.name}@${ENGINE}`;
  }

  /** Outside of dialogs, again with credentials where they are asked for; the last answer. */
  async ask(method: string, asking: Asking = {}): Promise<SipResponse> {
    const send = (headers: [string, string][]): SipRequest =>
      this.peer.ask(method, {
        callId: `${this.name}-${method}`,
        from: `<${this.aor}>;tag=${this.name}`,
        ...asking,
        sequence: (this.#sequence += 1),
        headers: [['Contact', `<sip:${this.name}@${this.peer.address}:5060>`], ...(asking.headers ?? []), ...headers],
      });
    const first = send([]);
    await this.#world.run();
    const answer = this.answer();
    if (answer.status !== 401) return answer;
    this.#digest.learn(answer, first);
    this.#digest.authorize(first);
    send([['Authorization', first.headers.get('Authorization')!]]);
    await this.#world.run();
    return this.answer();
  }

  /** The last response that came. */
  answer(): SipResponse {
    const found = this.peer.received.findLast((message) => message.kind === 'response');
    if (found?.kind !== 'response') throw new Error('no answer came');
    return found;
  }

  async register(): Promise<void> {
    const answer = await this.ask('REGISTER', { uri: `sip:${ENGINE}`, to: `<${this.aor}>` });
    if (answer.status !== 200) throw new Error(`REGISTER: ${answer.status}`);
  }

  /** Calls and is answered; `leg` is the engine's name for it. */
  async call(number: string, asking: Asking = {}): Promise<DeskCall> {
    const call = await this.dial(number, asking);
    this.#world.engine.send({ kind: 'answer', leg: call.leg });
    await this.#world.run();
    call.confirm(this.answer());
    await this.#world.run();
    return call;
  }

  /** Calls; nobody has answered. */
  async dial(number: string, asking: Asking = {}): Promise<DeskCall> {
    const callId = `${this.name}-call-${(this.#calls += 1)}`;
    const uri = `sip:${number}@${ENGINE}`;
    await this.ask('INVITE', { uri, callId, sdp: sdpOf(this.peer.address), ...asking });
    return new DeskCall(this, this.#world, this.#world.events.last('leg.incoming').leg, callId, this.#sequence, uri);
  }

  /** Answers the INVITE that came last. */
  async accept(): Promise<DeskCall> {
    const invite = this.peer.request('INVITE');
    const leg = this.#world.events.all.findLast(
      (event) => event.kind === 'leg.proceeding' || event.kind === 'leg.ringing',
    );
    this.peer.respond(invite, 200, { toTag: `${this.name}-callee`, sdp: sdpOf(this.peer.address) });
    await this.#world.run();
    const answered = this.#world.events.last('leg.answered');
    const call = new DeskCall(
      this,
      this.#world,
      leg !== undefined && 'leg' in leg ? leg.leg : answered.leg,
      invite.headers.get('Call-ID')!,
      0,
      '',
    );
    call.accepted(invite);
    return call;
  }

  get sequence(): number {
    return this.#sequence;
  }
}

/** A call of such a phone, in either direction. */
export class DeskCall {
  #local: string;
  #remote = '';
  #contact = '';
  #sequence: number;

  constructor(
    private readonly desk: DeskPhone,
    private readonly world: World,
    readonly leg: string,
    readonly callId: string,
    sequence: number,
    private readonly uri: string,
  ) {
    this.#local = `<${desk.aor}>;tag=${desk.name}`;
    this.#sequence = sequence;
  }

  get localTag(): string {
    return tagOf(this.#local)!;
  }

  get remoteTag(): string {
    return tagOf(this.#remote)!;
  }

  confirm(answer: SipResponse): void {
    this.#remote = answer.headers.get('To')!;
    this.#contact = answer.headers.get('Contact')!.slice(1, -1);
    this.desk.peer.ask('ACK', this.#asking(this.#sequence));
  }

  accepted(invite: SipRequest): void {
    this.#remote = invite.headers.get('From')!;
    this.#local = `${invite.headers.get('To')!};tag=${this.desk.name}-callee`;
    this.#contact = invite.headers.get('Contact')!.slice(1, -1);
  }

  /** Of the re-INVITE that was sent last. */
  async ack(): Promise<void> {
    this.desk.peer.ask('ACK', this.#asking(this.#sequence));
    await this.world.run();
  }

  /** Within the dialog. */
  async ask(
    method: string,
    headers: [string, string][] = [],
    body?: { type: string; text: string },
  ): Promise<SipResponse> {
    const asking = this.#asking((this.#sequence += 1));
    const typed: [string, string][] = body === undefined ? [] : [['Content-Type', body.type]];
    this.desk.peer.ask(method, { ...asking, headers: [...headers, ...typed], ...(body && { sdp: body.text }) });
    await this.world.run();
    return this.desk.answer();
  }

  #asking(sequence: number): Asking {
    return { uri: this.#contact || this.uri, from: this.#local, to: this.#remote, callId: this.callId, sequence };
  }
}
