import type { FlowEvent, FlowInput, FlowStep, Prompt } from '#core/call-flow/index.js';
import type { FlowLeader } from '#core/phone-calls/flow-parts.js';

/** Says something to whoever dialled a code, and hangs up. */
export class SentenceLeader implements FlowLeader {
  readonly events: FlowEvent[] = [];

  constructor(private readonly prompts: Prompt[]) {}

  begin(): FlowStep {
    return { kind: 'play', prompts: this.prompts };
  }

  next(): FlowStep {
    return { kind: 'hangup', reason: 'hangup' };
  }

  jump(): FlowStep {
    return { kind: 'hangup', reason: 'incomplete' };
  }
}

/** Hands the phone to a mailbox, or to whatever else speaks with it alone. */
export class MailboxLeader implements FlowLeader {
  readonly events: FlowEvent[] = [];

  constructor(private readonly mailboxId: number) {}

  begin(): FlowStep {
    return { kind: 'voicemail', mailboxId: this.mailboxId };
  }

  next(input: FlowInput): FlowStep {
    return { kind: 'hangup', reason: input.kind === 'recorded' ? 'hangup' : 'incomplete' };
  }

  jump(): FlowStep {
    return { kind: 'hangup', reason: 'incomplete' };
  }
}
