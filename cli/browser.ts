import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { writeWhole } from '../export/write-whole.js';
import { browserFiles } from './browser-files.js';

/** `kiln browser FOLDER` */
export function registerBrowser(program: Command): void {
  program
    .command('browser')
    .description('write the files with which a static page classifies by itself')
    .argument('<folder>', 'a folder of the site; earlier files of the same names are replaced')
    .option('--no-webgpu', 'leave out what only WebGPU takes, 27 MB')
    .addHelpText(
      'after',
      `
In a module beside the folder:
  import { loadClassifier } from './FOLDER/index.js';`,
    )
    .action(async (folder: string, { webgpu }: { webgpu: boolean }) => {
      for (const [name, path] of await browserFiles(webgpu ? ['wasm', 'webgpu'] : ['wasm'])) {
        const bytes = await readFile(path);
        await writeWhole(join(folder, name), bytes);
        console.log(`${join(folder, name)}: ${Math.ceil(bytes.length / 1e3).toLocaleString('en')} kB`);
      }
    });
}
