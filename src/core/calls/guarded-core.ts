import type { Clock } from '#clock.js';
import type { Core } from '#core/core.js';

/** The same core, whose timers tell `failed` what they throw: nobody else would catch it. */
export function guardedCore(core: Core, failed: (error: unknown) => void): Core {
  const clock: Clock = {
    now: () => core.clock.now(),
    after: (delayMs, run) =>
      core.clock.after(delayMs, () => {
        try {
          run();
        } catch (error) {
          failed(error);
        }
      }),
  };
  return Object.create(core, { clock: { value: clock } }) as Core;
}

/** What it throws costs the call whose core it is, also where it happens while something is looked for. */
export function guarded({ clock }: Pick<Core, 'clock'>, act: () => void): void {
  try {
    act();
  } catch (error) {
    clock.after(0, () => {
      throw error;
    });
  }
}
