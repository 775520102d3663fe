#!/usr/bin/env node
import { runCommandLine } from '#cli/run.js';
import { processTerminal } from '#cli/process-terminal.js';

process.exitCode = await runCommandLine(process.argv.slice(2), processTerminal());
