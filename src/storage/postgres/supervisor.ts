import { setTimeout as pauseAwake } from 'node:timers/promises';
import type { Clock, Timer } from '../../clock.js';
import type { StorageLog } from '../log.js';
import { StorageError } from '../storage-error.js';
import type { ServerProcess } from './server-process.js';

export interface SupervisedServer {
  /** How often it was started again after it ended by itself. */
  readonly restarts: number;
  /** Stops the server; resolves when it has ended. */
  close(): Promise<void>;
}

export interface SupervisorOptions {
  /** Starts the server; called again after each crash. */
  launch(): ServerProcess;
  clock: Clock;
  log: StorageLog;
  /** The server keeps ending and will not be started again. */
  onGone(error: StorageError): void;
}

const FIRST_RESTART_MS = 100;
const LONGEST_RESTART_MS = 5_000;
export const MAX_RESTARTS_IN_A_ROW = 10;
/** After this long without a crash the counting begins anew. */
const STEADY_AFTER_MS = 60_000;
/** What is left of a killed server lets go of its memory within moments. */
const FIRST_START_TRIES = 20;
const FIRST_START_PAUSE_MS = 250;

/** Keeps a server running. @throws StorageError when its first start fails. */
export async function superviseServer(options: SupervisorOptions): Promise<SupervisedServer> {
  const { clock, log } = options;
  let closing = false;
  let endPause: (() => void) | undefined;
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer: Timer = clock.after(ms, resolve);
      endPause = () => {
        timer.cancel();
        resolve();
      };
    });

  let current = options.launch();
  for (let attempt = 1; ; attempt++) {
    try {
      await current.ready;
      break;
    } catch (error) {
      const predecessorIsEnding = error instanceof StorageError && error.message.includes('is still in use');
      if (!predecessorIsEnding || attempt === FIRST_START_TRIES) throw error;
    }
    await pauseAwake(FIRST_START_PAUSE_MS);
    current = options.launch();
  }

  let restarts = 0;
  const keepRunning = async (): Promise<void> => {
    let inARow = 0;
    for (let readyAt = clock.now(); ; readyAt = clock.now()) {
      await current.ended;
      if (closing) return;
      if (clock.now() - readyAt >= STEADY_AFTER_MS) inARow = 0;
      if (inARow === MAX_RESTARTS_IN_A_ROW) {
        options.onGone(new StorageError(`the embedded PostgreSQL ended ${inARow + 1} times in a row; giving up`));
        return;
      }
      const waitMs = Math.min(LONGEST_RESTART_MS, FIRST_RESTART_MS * 2 ** inARow);
      inARow++;
      log.error(`the embedded PostgreSQL ended by itself; starting it again in ${waitMs} ms`);
      await pause(waitMs);
      if (closing) return;
      restarts++;
      current = options.launch();
      await current.ready.then(
        () => log.info('the embedded PostgreSQL runs again'),
        (error: Error) => {
          if (!closing) log.error(error.message);
        },
      );
    }
  };
  const running = keepRunning();

  return {
    get restarts() {
      return restarts;
    },
    async close() {
      closing = true;
      endPause?.();
      await current.stop();
      await running;
    },
  };
}
