import type { FlowEvent, FlowStep } from '#core/call-flow/index.js';
import type { FlowLeader, LeaderStep } from '#core/phone-calls/flow-parts.js';

/** Does what a code sets, says so to whoever dialled it, and hangs up. */
export class SettingLeader implements FlowLeader {
  readonly events: FlowEvent[] = [];

  /** `obey` gives the sentence that is said. */
  constructor(private readonly obey: () => Promise<string>) {}

  begin(): LeaderStep {
    return { kind: 'act', act: async () => ({ kind: 'play', prompts: [{ text: await this.obey() }] }) };
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
