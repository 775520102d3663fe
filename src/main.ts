#!/usr/bin/env node
console.error('sidetone: not built yet');
process.exitCode = 1;
