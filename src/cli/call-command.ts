import { Option } from 'commander';
import type { CommandLine } from '#cli/command-line.js';
import { CommandFailure } from '#cli/terminal.js';
import { printable } from '#cli/table.js';

interface CallEvent {
  type: string;
  at: string;
  digit: string | null;
  digits: string | null;
  duration_seconds: number | null;
  reason_text: string | null;
  sip_code: number | null;
  message_left: boolean | null;
}

/** The events after which a call has nothing more to say. */
const TERMINAL_EVENTS = new Set(['call.completed', 'call.voicemail', 'call.no_answer', 'call.failed', 'call.canceled']);

export function addCallCommand(line: CommandLine): void {
  line
    .add(
      line.program,
      'call <to>',
      'call a number or phone, speak a text, and follow the call to its end; exit code 0 when it was answered, and not by a machine',
      async (invocation, [to], { from, say, voice, mode }) => {
        const { server, terminal } = invocation;
        const call = await server.call<{ id: string }>({
          method: 'POST',
          path: '/calls',
          query: { account: invocation.account },
          body: { to, from, message: say, mode, ...(voice === undefined ? {} : { voice }) },
        });
        invocation.note(`${call.id} to ${to}`);
        const events = server.lines<CallEvent>({
          method: 'GET',
          path: `/calls/${encodeURIComponent(call.id)}/events`,
          query: { account: invocation.account, mode },
          signal: terminal.interrupted,
        });
        for await (const event of events) {
          invocation.result(event, () => describe(event));
          if (TERMINAL_EVENTS.has(event.type)) return event.type === 'call.completed' ? 0 : 1;
        }
        if (terminal.interrupted.aborted) {
          invocation.note(`${call.id} goes on`);
          return 1;
        }
        throw new CommandFailure(`the server stopped before the call ended; ${call.id} goes on when it starts again`);
      },
    )
    .requiredOption('--from <number>', 'the number of the account that is calling')
    .requiredOption('--say <text>', 'what is spoken when the call is answered')
    .option('--voice <voice>', 'who speaks, as en-US-Standard-F')
    .addOption(
      new Option('--mode <mode>', 'the real network or the sandbox').choices(['live', 'test']).default('live'),
    );
}

function describe(event: CallEvent): string {
  const parts = [event.at, event.type.replace(/^call\./, '').padEnd(9)];
  if (event.type === 'call.digit' && event.digit !== null) parts.push(`key ${event.digit}`);
  if (TERMINAL_EVENTS.has(event.type)) {
    if (event.type === 'call.completed' && event.duration_seconds !== null) parts.push(`${event.duration_seconds} s`);
    if (event.message_left !== null) parts.push(event.message_left ? 'message left' : 'no message left');
    if (event.digits !== null && event.digits !== '') parts.push(`keys ${event.digits}`);
    if (event.sip_code !== null && event.sip_code >= 300) parts.push(`SIP ${event.sip_code}`);
    if (event.reason_text !== null) parts.push(event.reason_text);
  }
  return printable(parts.join('  ').trimEnd());
}
