import type { Transaction } from 'kysely';
import type { FlowEvent, FlowEventType, RingTarget } from '#core/call-flow/index.js';
import { CallSteps, writeAnswered, type CallRow } from '#core/calls/index.js';
import type { Core } from '#core/core.js';
import { recordTurn } from '#core/routing/index.js';
import type { Tables } from '#core/tables.js';

/** Steps that are kept of one call; what a call goes through beyond them is not told. */
const MOST_STEPS = 200;

/** What happens to one call between people, written down in the order in which it happened. The phone never waits for it. */
export class CallStory {
  readonly #steps: CallSteps;
  /** Of the flow's events, how many are written. */
  #told = 0;
  #position = 0;

  constructor(
    private readonly core: Core,
    private readonly row: Pick<CallRow, 'id' | 'account_id' | 'mode'>,
  ) {
    this.#steps = new CallSteps(core, row.id);
  }

  /** `events`: all of the flow's; those that are new are written. */
  follow(events: readonly FlowEvent[]): void {
    this.#write(events.slice(this.#told));
    this.#told = events.length;
  }

  /** Another flow leads the call from now on. */
  anew(): void {
    this.#told = 0;
  }

  tell(type: FlowEventType, description: string): void {
    this.#write([{ at: this.#now(), type, id: null, description }]);
  }

  /** These are rung for the call, in a group or by themselves. */
  rung(targets: readonly RingTarget[], groupId: number | undefined): void {
    const at = this.#now();
    const users = [...new Set(targets.flatMap(({ userId }) => userId ?? []))].sort();
    this.#steps.write(async (tx) => {
      await this.#reach(tx, users);
      for (const { deviceId } of targets) {
        if (groupId === undefined || deviceId === undefined) continue;
        await recordTurn({ db: tx }, this.#owner, { groupId, deviceId, rungAt: at });
      }
    });
  }

  /** Somebody took the call, who may have been rung for another. `by`: their phone or number. */
  taken(
    by: string,
    { userId, deviceId }: { userId?: string | undefined; deviceId?: number | undefined },
    groupId?: number,
  ): void {
    const at = this.#now();
    this.#steps.write(async (tx) => {
      await tx
        .updateTable('calls')
        .set({ picked_up_by: by, picked_up_at: at })
        .where('id', '=', this.row.id)
        .where('picked_up_at', 'is', null)
        .where('ended_at', 'is', null)
        .execute();
      await this.#reach(tx, userId === undefined ? [] : [userId]);
      if (groupId !== undefined && deviceId !== undefined) {
        await recordTurn({ db: tx }, this.#owner, { groupId, deviceId, rungAt: at, answeredAt: at });
      }
    });
  }

  /** The caller's leg has our answer. */
  answered(): void {
    const at = this.#now();
    this.#steps.write((tx) => writeAnswered(tx, this.row.id, at), 'call.answered');
  }

  /** The last of it. */
  end(write: (tx: Transaction<Tables>) => Promise<void>): void {
    this.#steps.write(async (tx) => {
      await write(tx);
      this.core.killPoint('call.ending');
    }, 'call.ended');
  }

  /** Once all that has been told is written. */
  finish(then: () => void): void {
    this.#steps.finish(then);
  }

  #write(events: readonly FlowEvent[]): void {
    const rows = events.slice(0, MOST_STEPS - this.#position).map(({ type, description, at }, index) => ({
      ...{ call_id: this.row.id, position: this.#position + index },
      ...{ type, description, at },
    }));
    this.#position += rows.length;
    if (rows.length === 0) return;
    this.#steps.write(async (tx) => void (await tx.insertInto('call_steps').values(rows).execute()));
  }

  /** A user who was removed meanwhile is nobody's any more. */
  async #reach(tx: Transaction<Tables>, users: readonly string[]): Promise<void> {
    if (users.length === 0) return;
    await tx
      .insertInto('call_users')
      .columns(['user_id', 'call_id'])
      .expression((db) =>
        db
          .selectFrom('users')
          .select((eb) => ['id', eb.val(this.row.id).as('call_id')])
          .where('id', 'in', [...users]),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  get #owner() {
    return { accountId: this.row.account_id, mode: this.row.mode };
  }

  #now(): Date {
    return new Date(this.core.clock.now());
  }
}
