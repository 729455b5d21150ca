// Writes the tables of docs/serving-options.md anew, from the map that the service reads its options by.
import { readFileSync, writeFileSync } from 'node:fs';

const { settingsTables } = await import('../dist/serve/settings/table.js');
const file = new URL('../docs/serving-options.md', import.meta.url);
const [introduction] = readFileSync(file, 'utf8').split('\n## ', 1);
writeFileSync(file, `${introduction.trimEnd()}\n\n${settingsTables()}`);
