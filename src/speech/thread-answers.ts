/** The worker's side of `thread-caller.ts`. */
import { parentPort } from 'node:worker_threads';

export interface ThreadCall<Request> {
  id: number;
  request: Request;
}

export type ThreadAnswer<Reply> = { id: number; reply: Reply } | { id: number; error: string };

/** Answers every call; what `answer` throws reaches the caller as its message. `afterwards` runs once it is on its way. */
export function answerCalls<Request, Reply>(
  answer: (request: Request) => Reply | Promise<Reply>,
  afterwards: () => void = () => {},
): void {
  const port = parentPort;
  if (!port) throw new Error('to be started as a worker thread');
  port.on('message', ({ id, request }: ThreadCall<Request>) => {
    void (async () => {
      let message: ThreadAnswer<Reply>;
      try {
        message = { id, reply: await answer(request) };
      } catch (error) {
        message = { id, error: error instanceof Error ? error.message : String(error) };
      }
      port.postMessage(message);
      afterwards();
    })();
  });
}
