#!/usr/bin/env node
// Plain JavaScript on purpose: install scripts are off, so the first `kiln` after `npm ci` builds what is missing.
import { existsSync } from 'node:fs';

const program = new URL('../dist/cli/main.js', import.meta.url);
if (!existsSync(program)) {
  const { build } = await import('./build.mjs');
  await build();
}
await import(program.href);
