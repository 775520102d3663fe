import { DirectoryStage } from '#core/call-flow/directory-stage.js';
import type { FlowConfiguration } from '#core/call-flow/flow-configuration.js';
import type { Destination } from '#core/call-flow/flow-objects.js';
import type { FlowCall, FlowEvent, FlowInput, FlowMemory, FlowStep, HangupReason } from '#core/call-flow/flow-step.js';
import { flowWords } from '#core/call-flow/flow-words.js';
import { hoursState } from '#core/call-flow/hours-state.js';
import { MenuStage } from '#core/call-flow/menu-stage.js';
import { nameOf } from '#core/call-flow/object-names.js';
import { RingGroupStage } from '#core/call-flow/ring-group-stage.js';
import { RingStage } from '#core/call-flow/ring-stage.js';
import { unexpected, type FlowContext, type Move, type Stage } from '#core/call-flow/stage.js';

/** Places that a call can come to while its caller does nothing: no real configuration has so many in a row. */
const MOST_MOVES_ALONE = 50;
/** Places that a call can come to at all. */
const MOST_MOVES = 500;
/** What a history can hold; how a call ended is written after that, too. */
const MOST_EVENTS = 1000;

/**
 * Where one call leads, step by step: pure, led by the configuration that it began with. Whoever conducts the call does
 * each step, and says what came of it.
 */
export class FlowMachine {
  readonly #context: FlowContext;
  readonly #events: FlowEvent[] = [];
  #stage: Stage | undefined;
  #moves = 0;
  /** Since the caller last pressed a key. */
  #movesAlone = 0;
  #beganAt = 0;
  #lastMenu: Destination | null = null;

  constructor(configuration: FlowConfiguration, call: FlowCall, memory: FlowMemory) {
    this.#context = {
      configuration,
      call,
      memory,
      words: flowWords(configuration.settings.language),
      note: (event) => this.#note(event),
    };
  }

  /** What happened so far; grows. */
  get events(): readonly FlowEvent[] {
    return this.#events;
  }

  /** The first step. */
  begin(at: Date): FlowStep {
    this.#beganAt = at.getTime();
    const { begin } = this.#context.call;
    if ('destination' in begin) return this.jump(begin.destination, at);
    return this.#follow(this.#enterNumber(begin.numberId, at), at);
  }

  /** What came of the last step, and so what is next. */
  next(input: FlowInput, at: Date): FlowStep {
    if (this.#stage === undefined) throw unexpected(input, 'be left alone');
    if (input.kind === 'keys' && input.keys !== '') this.#movesAlone = 0;
    const limit = this.#context.configuration.settings.longestCallSeconds;
    if (input.kind !== 'answered' && at.getTime() - this.#beganAt >= limit * 1000) return this.#hangUp('timeout', at);
    return this.#follow(this.#stage.next(input, at), at);
  }

  /** Goes on somewhere else, whatever it was doing: a transfer, or a parked call that nobody took. */
  jump(destination: Destination, at: Date): FlowStep {
    this.#movesAlone = 0;
    return this.#follow({ go: destination, otherwise: 'incomplete' }, at);
  }

  #follow(first: Move, at: Date): FlowStep {
    let move = first;
    while ('go' in move) {
      if (move.go === null) return this.#hangUp(move.otherwise, at);
      if (++this.#moves > MOST_MOVES || ++this.#movesAlone > MOST_MOVES_ALONE)
        return this.#hangUp('too_many_steps', at);
      move = this.#enter(move.go, at);
    }
    const { step } = move;
    if (step.kind === 'hangup') return this.#hangUp(step.reason, at);
    if (step.kind === 'talk') this.#stage = undefined;
    return step;
  }

  #enter(destination: Destination, at: Date): Move {
    const context = this.#context;
    const { objects, hours } = context.configuration;
    const gone: Move = { go: null, otherwise: 'incomplete' };
    switch (destination.type) {
      case 'hangup':
        return { go: null, otherwise: 'hangup' };
      case 'hours': {
        if (hours === undefined) return gone;
        const state = hoursState(hours, at);
        this.#note({ at, type: 'hours', id: null, description: state.because });
        return { go: state.destination, otherwise: 'incomplete' };
      }
      case 'menu': {
        const menu = objects.menu.get(destination.id);
        if (menu === undefined) return gone;
        this.#lastMenu = destination;
        return this.#beginStage(new MenuStage(context, destination.id, menu), at);
      }
      case 'ring_group': {
        const group = objects.ring_group.get(destination.id);
        return group === undefined ? gone : this.#beginStage(new RingGroupStage(context, destination.id, group), at);
      }
      case 'directory':
        return this.#beginStage(new DirectoryStage(context, this.#lastMenu), at);
      case 'voicemail':
        return objects.mailbox.has(destination.id) ? this.#enterMailbox(destination.id, at) : gone;
      default: {
        const next = RingStage.of(context, destination);
        return 'begin' in next ? this.#beginStage(next, at) : next;
      }
    }
  }

  #beginStage(stage: Stage, at: Date): Move {
    this.#stage = stage;
    return stage.begin(at);
  }

  /** The welcome, then the destination. Who hides their number may be sent elsewhere before that. */
  #enterNumber(numberId: number, at: Date): Move {
    const { configuration, call } = this.#context;
    const { settings, objects } = configuration;
    const name = nameOf(configuration, { type: 'number', id: numberId });
    this.#note({ at, type: 'virtual_number', id: numberId, description: name });
    if (call.from === 'outside' && call.caller === undefined && settings.anonymousCallers !== 'accept') {
      const refused = settings.anonymousCallers === 'reject' || settings.anonymousMailbox === null;
      const description = `A caller without a number is ${refused ? 'refused' : 'asked for a message'}`;
      this.#note({ at, type: 'blocked', id: null, description });
      if (refused) return { go: null, otherwise: 'blocked' };
      return { go: { type: 'voicemail', id: settings.anonymousMailbox as number }, otherwise: 'incomplete' };
    }
    const { destination = null, welcome = null } = objects.number.get(numberId) ?? {};
    const onwards: Move = { go: destination, otherwise: 'incomplete' };
    if (welcome === null || destination === null) return onwards;
    return this.#beginStage(afterwards({ step: { kind: 'play', prompts: [welcome] } }, 'played', onwards), at);
  }

  #enterMailbox(mailboxId: number, at: Date): Move {
    const description = nameOf(this.#context.configuration, { type: 'mailbox', id: mailboxId });
    this.#note({ at, type: 'voicemail', id: mailboxId, description });
    const left: Move = { go: null, otherwise: 'voicemail_left' };
    return this.#beginStage(afterwards({ step: { kind: 'voicemail', mailboxId } }, 'recorded', left), at);
  }

  #hangUp(reason: HangupReason, at: Date): FlowStep {
    this.#stage = undefined;
    this.#note({ at, type: 'hangup', id: null, description: `Hung up: ${REASONS[reason]}` });
    return { kind: 'hangup', reason };
  }

  #note(event: FlowEvent): void {
    const isEnd = event.type === 'hangup' || event.type === 'answered' || event.type === 'voicemail';
    if (this.#events.length < MOST_EVENTS || isEnd) this.#events.push(event);
  }
}

const REASONS: Record<HangupReason, string> = {
  hangup: 'the way ends here',
  unanswered: 'nobody answered',
  timeout: 'the caller did nothing for too long',
  invalid_key: 'no valid key was pressed',
  incomplete: 'it leads nowhere',
  too_many_steps: 'the call was passed on too often',
  voicemail_left: 'after the message',
  blocked: 'the caller is refused',
  not_in_plan: 'the plan of the account has no calls',
};

/** One step that is done once, and what comes after it. */
function afterwards(first: Move, done: FlowInput['kind'], next: Move): Stage {
  return {
    begin: () => first,
    next(input) {
      if (input.kind !== done) throw unexpected(input, `go on when ${done}`);
      return next;
    },
  };
}
