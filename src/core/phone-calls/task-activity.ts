import type { LegTask } from '#core/calls/index.js';
import type { Activity } from '#core/phone-calls/activity.js';
import type { Party } from '#core/phone-calls/party.js';

/** A task that has one leg of a call to itself. */
export class TaskActivity implements Activity {
  constructor(
    private readonly task: LegTask,
    party: Party,
    done: () => void,
  ) {
    // To the leg's end: what was recorded comes after it was stopped.
    party.listen((event) => task.onEvent(event));
    task.start(done);
  }

  onEvent(): void {
    // It has heard it from the party.
  }

  stop(): void {
    this.task.stop();
  }
}
