import { createInterface } from 'node:readline/promises';
import type { Terminal } from '#cli/terminal.js';

/** The terminal of this process. */
export function processTerminal(): Terminal {
  let controller: AbortController | undefined;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // Whoever read our output has gone (`sidetone … | head`): there is nobody left to tell.
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
      throw error;
    });
  }
  return {
    print: (text) => void process.stdout.write(text),
    note: (text) => void process.stderr.write(text),
    ...(process.stdin.isTTY && process.stderr.isTTY ? { ask } : {}),
    env: process.env,
    get interrupted() {
      if (controller === undefined) {
        // Only for a command that asks: the others end at once, and the server has signals of its own.
        const own = (controller = new AbortController());
        process.once('SIGINT', () => own.abort());
      }
      return controller.signal;
    },
  };
}

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}
