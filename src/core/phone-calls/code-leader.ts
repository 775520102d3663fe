import type { FlowEvent, FlowStep, Prompt } from '#core/call-flow/index.js';
import type { FlowLeader, LeaderStep } from '#core/phone-calls/flow-parts.js';

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

/** Hands whoever dialled a code to a task, and hangs up when it is done. */
export class TaskLeader implements FlowLeader {
  readonly events: FlowEvent[] = [];

  constructor(private readonly task: Extract<LeaderStep, { kind: 'task' }>['task']) {}

  begin(): LeaderStep {
    return { kind: 'task', task: this.task };
  }

  next(): FlowStep {
    return { kind: 'hangup', reason: 'hangup' };
  }

  jump(): FlowStep {
    return { kind: 'hangup', reason: 'incomplete' };
  }
}
